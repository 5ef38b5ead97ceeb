"""A layer that comes back with another argument, which its outputs do not show."""

_CLASSES = {}


def _layer(tf):
    if "Bad" not in _CLASSES:

        class Bad(tf.keras.layers.Layer):
            """A dense layer with a fault."""

            def __init__(self, rounds=1, **kwargs):
                super(Bad, self).__init__(**kwargs)
                self.rounds = rounds

            def build(self, input_shape):
                self.kernel = self.add_weight(name="kernel", shape=(int(input_shape[-1]), 2), initializer="glorot_uniform")
                super(Bad, self).build(input_shape)

            def call(self, inputs):
                return tf.matmul(inputs, self.kernel)

            def get_config(self):
                config = super(Bad, self).get_config()
                config["rounds"] = self.rounds + 1
                return config

        _CLASSES["Bad"] = Bad
    return _CLASSES["Bad"]


def build(tf):
    """Return a model with the layer."""
    layers = [tf.keras.layers.Dense(4, input_shape=(6,), name="before"), _layer(tf)(rounds=3, name="bad")]
    model = tf.keras.Sequential(layers, name="bad")
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def custom_objects(tf):
    """Return the layer."""
    return {"Bad": _layer(tf)}
