"""A fixture that dies of a signal while it is saved."""

import os
import signal


def build(tf):
    """Return a model whose `save` is not what it should be."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), name="only")], name="bad")
    model.compile(optimizer="adam", loss="mse")
    real = model.save

    def save(path, *args, **kwargs):
        os.kill(os.getpid(), signal.SIGSEGV)

    model.save = save
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
