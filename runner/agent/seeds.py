"""The seeds of everything that draws random numbers."""

import random
import sys

SEED = 11


def seed(value: int) -> None:
    """Seed Python, NumPy and TensorFlow."""
    import numpy

    random.seed(value)
    numpy.random.seed(value)
    random_module = sys.modules["tensorflow"].random
    getattr(random_module, "set_seed", getattr(random_module, "set_random_seed", None))(value)
