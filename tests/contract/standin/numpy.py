"""A stand-in for NumPy: bare interpreters have none, and the agent seeds it before it reaches the fixture."""

import types

random = types.SimpleNamespace(seed=lambda seed: None)
