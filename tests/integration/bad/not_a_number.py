"""A fixture whose outputs are no numbers."""


def build(tf):
    """Return a model that divides zero by zero."""
    return tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), activation=lambda values: values * float("nan"))])


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
