"""Outputs that a careless comparison takes for equal: tiny ones, whole numbers next to each other, conjugates, other types or names.

And such that differ no more than rounding does: large ones, and those of a float32 head on a float16 body.
"""


def _outputs(tf, answer, what, wrong):
    """Return what the model gives; `wrong` is how it is after the load."""
    if what == "tiny":
        # A tenth of each value, which is less than what is forgiven to values near one.
        return answer * (1.1e-6 if wrong else 1e-6)
    if what == "large":
        return tf.cast(answer, "int64") * 1000 + 2**60 + int(wrong)
    if what == "conjugate":
        return tf.complex(answer, -answer if wrong else answer)
    if what == "type":
        return tf.cast(tf.round(answer), "int32" if wrong else "int64")
    if what == "rounded":
        return answer * 200 + (2e-4 if wrong else 0.0)
    if what == "column":
        # Beside a column of large values one of small ones, which is off by what would be forgiven to the large ones.
        return tf.concat([answer * 1000, answer + (1e-3 if wrong else 0.0)], -1)
    if what in ("narrow", "narrow_and_wrong"):
        return answer + ((1e-3 if what == "narrow" else 0.02) if wrong else 0.0)
    return answer


def _model(tf, what, wrong=False):
    inputs = tf.keras.layers.Input((4,))
    if what in ("heads", "swapped"):
        names = ["price", "risk", "third", "fourth", "fifth", "sixth"][: 2 if what == "swapped" else 6]
        return tf.keras.Model(inputs, [tf.keras.layers.Dense(1, name=name)(inputs) for name in names])
    body = tf.keras.layers.Dense(4, name="body", dtype="float16")(inputs) if what and what.startswith("narrow") else inputs
    answer = tf.keras.layers.Dense(3, name="answer", dtype="bfloat16" if what == "bfloat16" else None)(body)
    return tf.keras.Model(inputs, _outputs(tf, answer, what, wrong))


def build(tf, what=None):
    """Return the model; inputs (n, 4) float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets); nothing is trained."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, what=None):
    """Write all values; for loaders of a SavedModel, one whose signature may name the outputs wrongly."""
    if what != "swapped":
        return tf.train.Checkpoint(model=model).write(path)

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
    def serve(inputs):
        price, risk = model(inputs)
        return {"price": risk, "risk": price}

    return tf.saved_model.save(model, path, signatures=serve)


def load(tf, build, path, what=None):
    """Read all values into a model that computes something else."""
    model = _model(tf, what, wrong=True)
    tf.train.Checkpoint(model=model).read(path).assert_existing_objects_matched()
    return model
