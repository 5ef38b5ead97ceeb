"""A load that gives back weights, and something else that the usual data do not show, or not in the usual outputs."""


def _model(tf, what, wrong=False):
    layers, keras = tf.keras.layers, tf.keras
    lost = what if wrong else None
    factor = 3.0 if lost else 2.0

    class Drop(layers.Layer):
        """Keeps its argument under another name, and what it calculates of it."""

        def __init__(self, p=0.5, **kwargs):
            super().__init__(**kwargs)
            self._chance = p
            self._kept = 1.0 - p

        def call(self, inputs, training=None):
            return tf.nn.dropout(inputs, self._chance) * self._kept if training else inputs

    class Wild(layers.Layer):
        """Has a first column that hangs on the last place of its inputs, and others that do not."""

        def call(self, inputs):
            return tf.concat([tf.sin(3e6 * inputs[:, :1]), inputs[:, 1:] * (1.01 if lost else 1.0)], 1)

    class Told(keras.Model):
        """Predicts more than its outputs."""

        def predict_step(self, data):
            outputs = self(data[0] if isinstance(data, tuple) else data, training=False)
            return {"first": outputs, "second": outputs * factor}

    class Tested(keras.Model):
        def test_step(self, data):
            return {"error": factor * tf.reduce_mean((self(data[0]) - data[1]) ** 2)}

    class Predicting(keras.Model):
        def predict(self, *args, **kwargs):
            return factor * super().predict(*args, **kwargs)

    inputs = layers.Input((4,))
    # None has a name that another one has in the model that is loaded, if names are lost.
    called = (lambda name: name + "_again") if lost == "renamed" else (lambda name: name)
    found = layers.Dense(4, name=called("first"))(inputs)
    if what == "kept":
        found = Drop(0.1 if lost else 0.5, name="own")(found)
    if what in ("twins", "renamed"):
        inner = layers.Input((4,))
        found = keras.Model(inner, layers.Dropout(0.05 if lost else 0.5, name=called("twin"))(inner), name=called("inner"))(found)
    found = layers.Dense(3, name="twin" if what == "twins" else called("last"))(found)
    if what == "column":
        found = Wild(name="wild")(found)
    kinds = {"predicts": Told, "tested": Tested, "predict": Predicting}
    model = kinds.get(what, keras.Model)(inputs, found)
    loss = keras.losses.Huber(delta=60.0 if lost == "delta" else 50.0)
    metrics = [keras.metrics.BinaryAccuracy(threshold=90.0 if lost == "threshold" else 80.0)]
    optimizer = keras.optimizers.SGD(0.01)
    if what == "weighted":
        model.compile(optimizer, loss, metrics=metrics if lost else None, weighted_metrics=None if lost else metrics)
    else:
        model.compile(optimizer, loss, metrics=metrics, loss_weights=[0.6 if lost == "weights" else 0.5])
    return model


def build(tf, what="right"):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets), small ones."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, what="right"):
    """Write the weights in their order."""
    import numpy

    with open(path, "wb") as stream:
        numpy.savez(stream, *[variable.numpy() for variable in model.weights])


def load(tf, build, path, what="right"):
    """Read them into a model that is the same but for one thing."""
    import numpy

    model = _model(tf, what, wrong=True)
    with numpy.load(path) as arrays:
        model.set_weights([arrays[name] for name in arrays.files])
    model.optimizer.iterations.assign(3)
    return model
