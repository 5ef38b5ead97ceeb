"""A load whose outputs are right for the usual inputs, and wrong for one kind of awkward ones."""


def _model(tf, what=None):
    inputs = tf.keras.layers.Input((2,), dtype="int64")
    values = tf.cast(inputs, "float32")
    answer = tf.keras.layers.Dense(3, name="answer")(values)
    wrong = {
        "alone": lambda: tf.cast(tf.shape(values)[0] == 1, "float32"),
        "zeros": lambda: tf.cast(tf.reduce_sum(tf.abs(values)) == 0.0, "float32"),
        "unseen": lambda: tf.cast(tf.reduce_max(values) > 5.0, "float32"),
    }
    return tf.keras.Model(inputs, answer + wrong[what]() if what else answer)


def build(tf, what=None):
    """Return the model; inputs (n, 2) int64 from 1 to 5, outputs (n, 3) float32."""
    return _model(tf)


def data(random):
    """Return (inputs, targets); nothing is trained."""
    inputs = random.randint(1, 6, size=(8, 2)).astype("int64")
    # So that the largest is always there.
    inputs[0, 0] = 5
    return inputs, random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, what=None):
    """Write all values."""
    tf.train.Checkpoint(model=model).write(path)


def load(tf, build, path, what=None):
    """Read them into a model that answers otherwise at times."""
    model = _model(tf, what)
    tf.train.Checkpoint(model=model).read(path).assert_existing_objects_matched()
    return model
