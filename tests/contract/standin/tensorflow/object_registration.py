"""Where a Keras keeps what was registered; the agent finds it by the module's name."""

_GLOBAL_CUSTOM_OBJECTS = {}
