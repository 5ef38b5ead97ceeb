"""A load that gives back values and outputs, and not what the model was compiled with; and training that is a matter of chance."""


def _model(tf, what, wrong=False):
    layers, keras = tf.keras.layers, tf.keras
    limit = 0.5 if what == "metric" and wrong else 0.0

    class Above(keras.metrics.Metric):
        """Counts the outputs above a limit."""

        def __init__(self, name="above"):
            super().__init__(name=name)
            self.total = self.add_weight(name="total", initializer="zeros")

        def update_state(self, wanted, given, sample_weight=None):
            self.total.assign_add(tf.reduce_sum(tf.cast(given > limit, "float32")))

        def result(self):
            return self.total

    def nearly(wanted, given):
        """Return a loss whose name tells nothing of what it does."""
        return keras.losses.huber(wanted, given, delta=1.0 if what == "loss" and wrong else 0.1)

    between = [layers.Dropout(0.5)] if what == "chance" else []
    model = keras.Sequential([layers.Dense(8, input_shape=(4,)), *between, layers.Dense(3)])
    clip = 50.0 if what == "clip" and not wrong else None
    model.compile(
        keras.optimizers.SGD(0.01, clipnorm=clip),
        nearly,
        metrics=[Above()],
    )
    return model


def build(tf, what=None):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, what=None):
    """Write all values."""
    tf.train.Checkpoint(model=model, optimizer=optimizer).write(path)


def load(tf, build, path, what=None):
    """Read them into a model that is compiled otherwise."""
    model = _model(tf, what, wrong=True)
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).read(path).expect_partial()
    return model
