"""A load whose outputs are right, and which gives a layer another dtype policy or vocabulary, or moves its random generator on."""

KNOWN = [10, 20, 30, 40]


def _model(tf, vocabulary=KNOWN, policy="float64"):
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((2,), dtype="int64"),
            layers.IntegerLookup(vocabulary=vocabulary, name="lookup"),
            layers.Embedding(5, 4, name="embedding"),
            layers.Reshape((2, 2, 2), name="picture"),
            layers.RandomFlip(seed=3, name="flip"),
            layers.Flatten(dtype=policy, name="flat"),
            layers.Dense(2, name="answer"),
        ],
        name="bad",
    )


def build(tf, what=None):
    """Return the model; inputs (n, 2) int64, outputs (n, 2) float32."""
    return _model(tf)


def data(random):
    """Return (inputs, targets)."""
    return random.choice(KNOWN[:3], size=(8, 2)).astype("int64"), random.normal(size=(8, 2)).astype("float32")


def save(tf, model, optimizer, path, what=None):
    """Write all values."""
    tf.train.Checkpoint(model=model).write(path)


def load(tf, build, path, what=None):
    """Read them into a model that is the same but for one thing."""
    vocabulary = [*KNOWN[:3], 50] if what == "vocabulary" else KNOWN
    model = _model(tf, vocabulary, policy="float32" if what == "policy" else "float64")
    tf.train.Checkpoint(model=model).read(path).assert_existing_objects_matched()
    if what == "random":
        model.get_layer("flip")._random_generator._generator.skip(1)
    return model
