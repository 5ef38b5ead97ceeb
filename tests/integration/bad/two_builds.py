"""A fixture whose builds differ from each other."""

import os


def build(tf):
    """Return a model that multiplies by a number of its process."""
    return tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), activation=_scaled(tf))])


def _scaled(tf):
    factor = float(int.from_bytes(os.urandom(2), "big") + 2)
    return lambda values: values * factor


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
