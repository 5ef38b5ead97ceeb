"""Models whose own classes forget, in their config, what decides in training alone: outputs are right, and something is lost."""

_MADE = {}


def _classes(tf):
    """Make the classes once, where Keras looks for a user's: among the module's globals."""
    if _MADE:
        return _MADE
    keras = tf.keras

    class Penalty(keras.regularizers.Regularizer):
        def __init__(self, factor=0.5):
            self.factor = factor

        def __call__(self, weights):
            return self.factor * tf.reduce_sum(tf.square(weights))

        def get_config(self):
            return {}

    class Noise(keras.layers.Layer):
        def __init__(self, share=0.1, **kwargs):
            super().__init__(**kwargs)
            self.share = share

        def call(self, inputs, training=None):
            return tf.nn.dropout(inputs, self.share) if training else inputs

        def get_config(self):
            return {"name": self.name}

    class Whole(keras.Model):
        def __init__(self, share=0.1, **kwargs):
            super().__init__(**kwargs)
            self.share = share
            self.answer = keras.layers.Dense(3)

        def call(self, inputs, training=None):
            return self.answer(tf.nn.dropout(inputs, self.share) if training else inputs)

        def get_config(self):
            return {"name": self.name}

    class Fall(keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, until=0):
            self.until = until

        def __call__(self, step):
            falls = tf.logical_and(step > 50, step < self.until)
            return tf.where(falls, 0.001, 0.01)

        def get_config(self):
            return {}

    class Momentum(keras.optimizers.SGD):
        def __init__(self, learning_rate=0.01, momentum=0.5, name="momentum", **kwargs):
            super().__init__(learning_rate=learning_rate, momentum=momentum, name=name, **kwargs)

        def get_config(self):
            return {key: value for key, value in super().get_config().items() if key != "momentum"}

    class Weighted(keras.losses.Loss):
        def __init__(self, weight=1.0, name="weighted", **kwargs):
            super().__init__(name=name)
            self.weight = weight

        def call(self, wanted, given):
            return self.weight * tf.reduce_mean(tf.square(wanted - given), axis=-1)

        def get_config(self):
            return {"name": self.name}

    for kind in (Penalty, Noise, Whole, Fall, Momentum, Weighted):
        kind.__qualname__ = kind.__name__
        globals()[kind.__name__] = _MADE[kind.__name__] = kind
    return _MADE


def build(tf, what):
    """Return a model that was made with something that its config will not tell; inputs (n, 4), outputs (n, 3), float32."""
    keras, own = tf.keras, _classes(tf)
    if what == "model":
        return own["Whole"](0.6, name="whole")
    penalty = own["Penalty"](0.01) if what == "regularizer" else None
    between = [own["Noise"](0.6)] if what == "argument" else [keras.layers.Dropout(0.5)] if what in ("momentum", "loss") else []
    layers = [keras.layers.Dense(8, kernel_regularizer=penalty), *between, keras.layers.Dense(3)]
    model = keras.Sequential([keras.layers.Input((4,)), *layers])
    if what not in ("regularizer", "argument"):
        optimizer = {
            "schedule": lambda: keras.optimizers.SGD(own["Fall"](100), momentum=0.9),
            "momentum": lambda: own["Momentum"](momentum=0.9),
        }.get(what, lambda: keras.optimizers.SGD(0.01))()
        model.compile(optimizer, own["Weighted"](9.0) if what == "loss" else keras.losses.MeanSquaredError())
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def custom_objects(tf):
    """Return all of the model's own classes."""
    return dict(_classes(tf))
