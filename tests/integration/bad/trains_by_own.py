"""A load that gives back values and outputs, and not what an optimizer, a loss, a metric or a layer of the user's own needs in training."""


def _model(tf, what, wrong=False):
    layers, keras = tf.keras.layers, tf.keras
    limit = 0.5 if wrong and what == "classes" else 0.0

    class Pausing(keras.optimizers.SGD):
        """Lets every so many steps be smaller, from a count of its own."""

        def __init__(self, every=6, **kwargs):
            super().__init__(**kwargs)
            self.every = every
            self.count = tf.Variable(0, trainable=False)

        def apply_gradients(self, grads_and_vars, **kwargs):
            self.count.assign_add(1)
            rest = tf.cast(self.count % self.every > 0, "float32")
            return super().apply_gradients([(gradient * rest, variable) for gradient, variable in grads_and_vars], **kwargs)

    class Within(keras.losses.Loss):
        """Squares of no more than a margin, which the data do not reach."""

        def __init__(self, margin, **kwargs):
            super().__init__(**kwargs)
            self.margin = margin

        def call(self, wanted, given):
            return tf.reduce_mean(tf.minimum(tf.square(given - wanted), self.margin), axis=-1)

    class OfEach(keras.metrics.Metric):
        """Counts for each output how often it is above a limit."""

        def __init__(self, name="of_each"):
            super().__init__(name=name)
            self.total = self.add_weight(name="total", shape=(3,), initializer="zeros")

        def update_state(self, wanted, given, sample_weight=None):
            self.total.assign_add(tf.reduce_sum(tf.cast(given > limit, "float32"), axis=0))

        def result(self):
            return self.total

        def reset_state(self):
            self.total.assign(tf.zeros(3))

    class Reversed(layers.Layer):
        """Gives its inputs on, and their gradients times a number that it was not made with."""

        strength = 2.0

        def call(self, inputs):
            @tf.custom_gradient
            def given_on(values):
                return tf.identity(values), lambda upstream: -self.strength * upstream

            return given_on(inputs)

    last = Reversed()
    model = keras.Sequential([layers.Dense(8, input_shape=(4,)), last, layers.Dense(3)])
    if wrong and what == "slow":
        last.strength = 1.0
    rate = 1e-9 if what in ("slow", "right") else 0.01
    model.compile(
        Pausing(every=7 if wrong and what == "setting" else 6, learning_rate=rate, momentum=0.9),
        Within(1e6 if wrong and what == "margin" else 1e3),
        metrics=[OfEach()],
    )
    return model


def build(tf, what="right"):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, what="right"):
    """Write all values."""
    tf.train.Checkpoint(model=model, optimizer=optimizer).write(path)


def load(tf, build, path, what="right"):
    """Read them into a model that is compiled otherwise, or lose the count."""
    model = _model(tf, what, wrong=True)
    model.optimizer.build(model.trainable_variables)
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).read(path).expect_partial()
    if what == "count":
        model.optimizer.count.assign(0)
    return model
