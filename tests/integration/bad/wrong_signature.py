"""A fixture that exports itself with a signature of another type than the model's."""

_REAL = []


def build(tf):
    """Return a plain model, and give what is saved a signature that takes double precision."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), name="only")], name="bad")
    if not _REAL:
        _REAL.append(tf.saved_model.save)

        def save(model, path):
            function = tf.function(lambda rows: {"out": model(tf.cast(rows, "float32"))})
            signature = function.get_concrete_function(tf.TensorSpec([None, 6], "float64", name="rows"))
            _REAL[0](model, path, signatures={"serving_default": signature})

        tf.saved_model.save = save
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
