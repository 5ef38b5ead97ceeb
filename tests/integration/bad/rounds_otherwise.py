"""A load that gives back a model which computes the same in another order: it rounds otherwise, and nothing of it is wrong."""


def _model(tf, what, otherwise=False, strength=1.0):
    layers, keras = tf.keras.layers, tf.keras

    class Centred(layers.Layer):
        """Takes the mean over the batch away: a bias before it has no effect, and no gradient but for rounding."""

        def call(self, inputs):
            count = tf.cast(tf.shape(inputs)[0], "float32")
            mean = tf.reduce_sum(inputs * 0.1, axis=0) * 10.0 / count if otherwise else tf.reduce_mean(inputs, axis=0)
            return inputs - mean

    class Stretched(layers.Layer):
        """Makes what is nearly the same less so, each time."""

        def call(self, inputs):
            return tf.sin(inputs * 0.1 * 30.0 if otherwise else inputs * 3.0)

    class Scaled(layers.Layer):
        """Gives its inputs on, and their gradients times a number."""

        def call(self, inputs):
            @tf.custom_gradient
            def given_on(values):
                return tf.identity(values), lambda upstream: strength * upstream

            return given_on(inputs)

    if what == "deep":
        return keras.Sequential([layers.Dense(8, input_shape=(4,)), *[Stretched() for _ in range(14)], layers.Dense(3)])
    model = keras.Sequential([layers.Dense(8, input_shape=(4,)), Scaled(), Centred(), layers.Activation("tanh"), layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def build(tf, what="bias"):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, what="bias"):
    """Write all values."""
    held = {"optimizer": optimizer} if optimizer is not None else {}
    tf.train.Checkpoint(model=model, **held).write(path)


def load(tf, build, path, what="bias"):
    """Read them into a model that computes in another order; or into one whose gradients are others besides."""
    model = _model(tf, what, otherwise=True, strength=1.1 if what == "wrong" else 1.0)
    held = {}
    if getattr(model, "optimizer", None) is not None:
        model.optimizer.build(model.trainable_variables)
        held["optimizer"] = model.optimizer
    tf.train.Checkpoint(model=model, **held).read(path).expect_partial()
    return model
