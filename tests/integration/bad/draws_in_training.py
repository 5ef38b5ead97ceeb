"""Models that draw random numbers in training, and loads that lose what shows in training alone: chance must not hide it."""

_MADE = {}


def _class(tf):
    if not _MADE:
        keras = tf.keras

        class TwoSteps(keras.Model):
            """Two parts, each with an optimizer of its own, and a count that training begins anew."""

            def __init__(self, **arguments):
                super().__init__(**arguments)
                self.first = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(5, name="a")], name="first")
                layers = [keras.layers.Input((5,)), keras.layers.Dropout(0.3), keras.layers.Dense(2, name="b")]
                self.second = keras.Sequential(layers, name="second")
                self.told = keras.metrics.Mean(name="loss")

            def compile(self, of_first, of_second):
                super().compile()
                self.of_first, self.of_second = of_first, of_second

            def call(self, inputs, training=None):
                return self.second(self.first(inputs), training=training)

            @property
            def metrics(self):
                return [self.told]

            def train_step(self, data):
                inputs, targets = data
                for part, optimizer in ((self.first, self.of_first), (self.second, self.of_second)):
                    with tf.GradientTape() as tape:
                        loss = tf.reduce_mean((self(inputs, training=True) - targets) ** 2)
                    optimizer.apply_gradients(zip(tape.gradient(loss, part.trainable_variables), part.trainable_variables))
                self.told.update_state(loss)
                return {"loss": self.told.result()}

        class Penalised(keras.Model):
            """A step with a loss of its own."""

            def train_step(self, data):
                inputs, targets = data
                with tf.GradientTape() as tape:
                    given = self(inputs, training=True)
                    loss = tf.reduce_mean((given - targets) ** 2) + 0.5 * tf.reduce_sum(given**2)
                self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables))
                return {"loss": loss}

        class Thinned(keras.layers.Layer):
            """Draws where nobody can keep it from drawing."""

            def call(self, inputs, training=None):
                return inputs * tf.round(tf.random.uniform(tf.shape(inputs))) * 2 if training else inputs

        class Seeded(keras.layers.Layer):
            """Draws from a generator of its own, as Keras 3 has it: put back, that draws the same again."""

            def __init__(self, **arguments):
                super().__init__(**arguments)
                self.source = keras.random.SeedGenerator()

            def call(self, inputs, training=None):
                return keras.random.dropout(inputs, 0.4, seed=self.source) if training else inputs

        _MADE.update(two=TwoSteps, step=Penalised, unstoppable=Thinned, seeded=Seeded)
    return _MADE


def _model(tf, what, wrong=False):
    made, keras, layers = _class(tf), tf.keras, tf.keras.layers
    if what.startswith("two"):
        model = made["two"]()
        model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02))
        return model
    inputs = layers.Input((4,), batch_size=8 if what == "stateful" else None)
    value = layers.Dense(6, activation="relu", name="body")(inputs)
    if what == "everywhere":
        value = layers.GaussianNoise(0.2)(layers.GaussianDropout(0.2)(value))
        value = layers.SpatialDropout1D(0.3)(layers.Reshape((3, 2))(value))
        value = layers.MultiHeadAttention(2, 3, dropout=0.3, name="attention")(value, value)
        value = layers.LSTM(4, dropout=0.3, recurrent_dropout=0.3, name="recurrent")(value)
    if what == "stateful":
        value = layers.LSTM(4, dropout=0.3, stateful=True, name="recurrent")(layers.Reshape((3, 2))(value))
    normal = layers.BatchNormalization(name="normal")
    value = normal(value) if what != "frozen" or wrong else normal(value, training=False)
    value = made[what]()(value) if what in ("unstoppable", "seeded") else layers.Dropout(0.4)(value)
    outputs = layers.Dense(2, name="answer")(value)
    model = (made["step"] if what == "step" and not wrong else keras.Model)(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def build(tf, what="plain"):
    """Return the compiled model; inputs (n, 4), outputs (n, 2), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def _parts(model, what):
    if not what.startswith("two"):
        return {"model": model, "optimizer": model.optimizer}
    return {"first": model.first, "second": model.second, "of_first": model.of_first, "of_second": model.of_second}


def save(tf, model, optimizer, path, what="plain"):
    """Write all values."""
    tf.train.Checkpoint(**_parts(model, what)).write(path)


def load(tf, build, path, what="plain"):
    """Read them into a model that trains otherwise, or whose second optimizer starts afresh."""
    model = _model(tf, what, wrong=True)
    model(tf.zeros((8, 4)))
    parts = _parts(model, what)
    for name, weights in (("optimizer", "model"), ("of_first", "first"), ("of_second", "second")):
        if name in parts and hasattr(parts[name], "build"):
            parts[name].build(parts[weights].trainable_variables)
    if what == "two_forgetful":
        del parts["of_second"]
    tf.train.Checkpoint(**parts).read(path).expect_partial()
    return model
