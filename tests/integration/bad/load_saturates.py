"""A layer that comes back with a lower ceiling: only large values show it."""

_CLASSES = {}


def _layer(tf):
    if "Bad" not in _CLASSES:

        class Bad(tf.keras.layers.Layer):
            """A dense layer with a fault."""

            def __init__(self, ceiling=1.0, **kwargs):
                super(Bad, self).__init__(**kwargs)
                self.ceiling = ceiling

            def build(self, input_shape):
                self.kernel = self.add_weight(name="kernel", shape=(int(input_shape[-1]), 2), initializer="glorot_uniform")
                super(Bad, self).build(input_shape)

            def call(self, inputs):
                return tf.clip_by_value(tf.matmul(inputs, self.kernel), -self.ceiling, self.ceiling)

            def get_config(self):
                config = super(Bad, self).get_config()
                config["ceiling"] = self.ceiling / 20
                return config

        _CLASSES["Bad"] = Bad
    return _CLASSES["Bad"]


def build(tf):
    """Return a model with the layer."""
    layers = [tf.keras.layers.Dense(4, input_shape=(6,), name="before"), _layer(tf)(ceiling=1000.0, name="bad")]
    model = tf.keras.Sequential(layers, name="bad")
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def custom_objects(tf):
    """Return the layer."""
    return {"Bad": _layer(tf)}
