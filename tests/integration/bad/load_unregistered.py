"""A layer whose class nobody passes to the load."""

_CLASSES = {}


def _layer(tf):
    if "Bad" not in _CLASSES:

        class Bad(tf.keras.layers.Layer):
            """A dense layer with a fault."""

            def __init__(self, factor=1.0, **kwargs):
                super(Bad, self).__init__(**kwargs)
                self.factor = factor

            def build(self, input_shape):
                self.kernel = self.add_weight(name="kernel", shape=(int(input_shape[-1]), 2), initializer="glorot_uniform")
                super(Bad, self).build(input_shape)

            def call(self, inputs):
                return tf.matmul(inputs, self.kernel) * self.factor

            def get_config(self):
                config = super(Bad, self).get_config()
                config["factor"] = self.factor
                return config

        _CLASSES["Bad"] = Bad
    return _CLASSES["Bad"]


def build(tf, functional=False):
    """Return a model with the layer."""
    if functional:
        inputs = tf.keras.layers.Input((6,))
        return tf.keras.Model(inputs, _layer(tf)(name="bad")(inputs))
    layers = [tf.keras.layers.Dense(4, input_shape=(6,), name="before"), _layer(tf)(factor=3.0, name="bad")]
    model = tf.keras.Sequential(layers, name="bad")
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
