"""A stand-in for TensorFlow: the few names that the agent touches before it reaches the fixture."""

import types

import numpy

from tensorflow import object_registration

__version__ = "0.0-standin"


class Model:
    """As much of a model's API as the capabilities are read from."""

    def save(self, filepath, overwrite=True, save_format=None):
        """Write nothing."""

    def save_weights(self, filepath, overwrite=True, save_format=None):
        """Write nothing."""

    def load_weights(self, filepath, by_name=False):
        """Read nothing."""


def load_model(filepath, custom_objects=None, compile=True):
    """Load nothing."""


def saved_model_load(path):
    """Return what has a signature without inputs and with one output."""

    def function():
        return numpy.Array()

    function.structured_input_signature = ((), {})
    function.structured_outputs = []
    return types.SimpleNamespace(signatures={"serving_default": function})


keras = types.SimpleNamespace(
    Model=Model,
    layers=types.SimpleNamespace(),
    models=types.SimpleNamespace(load_model=load_model),
    optimizers=types.SimpleNamespace(),
    losses=types.SimpleNamespace(),
    backend=types.SimpleNamespace(clear_session=lambda: None),
    utils=types.SimpleNamespace(get_custom_objects=lambda: object_registration._GLOBAL_CUSTOM_OBJECTS),
)
nest = types.SimpleNamespace(flatten=list)
random = types.SimpleNamespace(set_seed=lambda seed: None)
saved_model = types.SimpleNamespace(save=lambda model, path: None, load=saved_model_load)
train = types.SimpleNamespace(Checkpoint=type("Checkpoint", (), {}))
