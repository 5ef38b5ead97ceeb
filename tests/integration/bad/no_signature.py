"""A fixture that exports itself without a signature, as one that was never called is."""

_REAL = []


def build(tf):
    """Return a plain model, and take the signatures away from what is saved."""
    if not _REAL:
        _REAL.append(tf.saved_model.save)
        tf.saved_model.save = lambda model, path: _REAL[0](model, path, signatures={})
    return tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), name="only")], name="bad")


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
