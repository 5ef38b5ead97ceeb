"""A model that is compiled anew without its metrics when it is loaded."""

_CLASSES = {}


def _model(tf):
    if "Bad" not in _CLASSES:

        class Bad(tf.keras.Model):
            """One dense layer."""

            def __init__(self, **kwargs):
                super(Bad, self).__init__(**kwargs)
                self.only = tf.keras.layers.Dense(2, name="only")

            def call(self, inputs):
                return self.only(inputs)

            def get_config(self):
                return {}

            @classmethod
            def from_config(cls, config):
                return cls()

            def compile_from_config(self, config):
                self.compile(optimizer="adam", loss="mean_squared_error")
                self.optimizer.build(self.trainable_variables)

        _CLASSES["Bad"] = Bad
    return _CLASSES["Bad"]


def build(tf):
    """Return a model with a metric."""
    model = _model(tf)()
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mean_absolute_error"])
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def custom_objects(tf):
    """Return the model."""
    return {"Bad": _model(tf)}
