"""A load that gives back weights and outputs, and not what a class of one's own was made with, adds to the loss, or keeps besides."""


def _model(tf, what, wrong=False):
    layers, keras = tf.keras.layers, tf.keras
    lost = what if wrong else None

    class Start(keras.initializers.Initializer):
        """Begins with numbers about a centre."""

        def __init__(self, centre):
            self.centre = centre

        def __call__(self, shape, dtype=None, **kwargs):
            return tf.fill(shape, self.centre)

    class Own(layers.Layer):
        """Gives its inputs on, and tells only its initializer in its config."""

        def __init__(self, rate=None, limits=(0.0, 1.0), settings=None, labels=("cat", "dog"), centre=0.5, **kwargs):
            super().__init__(**kwargs)
            self.rate, self.limits, self.settings, self.labels = rate, limits, settings, list(labels)
            self.start_initializer = Start(centre)

        def get_config(self):
            return {**super().get_config(), "start_initializer": {}}

        def call(self, inputs):
            if what == "added":
                self.add_loss(0.1 * (1 if lost else 2) * tf.reduce_mean(inputs**2))
            return inputs

    class Hidden(layers.Layer):
        """Keeps its statistics inside, frozen or not."""

        def __init__(self, frozen, **kwargs):
            super().__init__(**kwargs)
            self.inside = layers.BatchNormalization(center=False, scale=False, name="inside")
            self.inside.trainable = not frozen

        def call(self, inputs, training=None):
            return self.inside(inputs, training=training)

    class Noise(layers.Layer):
        """Has two generators, of which nobody uses the second."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.generators = [tf.random.Generator.from_seed(1), tf.random.Generator.from_seed(3 if lost == "generators" else 2)]

        def call(self, inputs):
            return inputs

    class Priced(keras.Model):
        """Predicts a price of what it gives."""

        def predict_step(self, data):
            return tf.exp(self(data, training=False))

    given = {
        "none": {"rate": None if lost else 0.4},
        "limits": {"limits": (0.0, 2.0) if lost else (0.0, 1.0)},
        "settings": {"settings": {"depth": 2 if lost else 3}},
        "labels": {"labels": ("dog", "cat") if lost else ("cat", "dog")},
        "initializer": {"centre": 2.0 if lost else 0.5},
        "renamed": {"rate": 0.1 if lost else 0.4},
        "twice": {"rate": 0.1 if lost else 0.4},
    }.get(what, {})
    inputs = layers.Input((4,))
    found = layers.Dense(4, name="first")(inputs)
    found = Own(name="other" if lost == "renamed" else "own", **given)(found)
    if what == "twice":
        # A model in the model has a layer of the same name.
        inner = layers.Input((4,))
        found = keras.Model(inner, Own(name="own")(inner), name="inner")(found)
    if what == "statistics":
        found = Hidden(frozen=not lost, name="hidden")(found)
    if what == "generators":
        found = Noise(name="noise")(found)
    found = layers.Dense(3, name="last")(found)
    kind = Priced if what == "predict" and not lost else keras.Model
    model = kind(inputs, found)
    if what == "copy" and lost:
        # As where the tie between two layers is cut.
        model.copied = tf.Variable(model.get_layer("last").kernel)
    return model


def build(tf, what="right"):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets)."""
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
        values = [arrays[name] for name in arrays.files]
    model.set_weights([*values, values[-2]] if what == "copy" else values)
    return model
