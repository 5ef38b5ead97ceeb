"""A checkpoint read into a model that has no variables yet: they take their values when they are made."""


def build(tf):
    """Return a plain model."""
    return tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), name="only")], name="bad")


def rebuild(tf):
    """Return the same model before its first call."""
    return tf.keras.Sequential([tf.keras.layers.Dense(2, name="only")], name="bad")


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
