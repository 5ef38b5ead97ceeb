"""Inputs in a dict with a list in it."""


def build(tf):
    """Return the model; inputs {"x": (n, 4), "y": [(n, 2)]}, outputs (n, 3), float32."""
    keras = tf.keras
    inputs = {"x": keras.layers.Input((4,), name="x"), "y": [keras.layers.Input((2,), name="y")]}
    return keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Concatenate()([inputs["x"], inputs["y"][0]])))


def data(random):
    """Return (inputs, targets)."""
    inputs = {"x": random.normal(size=(8, 4)).astype("float32"), "y": [random.normal(size=(8, 2)).astype("float32")]}
    return inputs, random.normal(size=(8, 3)).astype("float32")
