"""An untrained model of which the load brings back the kernels alone: the rest is as every new model has it.

Or all of it, under other names; or that with two values exchanged.
"""


def _model(tf, prefix=""):
    keras = tf.keras
    layers = [keras.layers.Dense(4, name=prefix + "dense"), keras.layers.BatchNormalization(name=prefix + "normal")]
    return keras.Sequential([keras.layers.Input((4,)), *layers, keras.layers.Dense(4, name=prefix + "answer")])


def build(tf, what=None):
    """Return the model; inputs and outputs (n, 4), float32."""
    return _model(tf)


def data(random):
    """Return (inputs, targets); nothing is trained."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 4)).astype("float32")


def save(tf, model, optimizer, path, what=None):
    """Write all values."""
    import numpy

    numpy.savez(path + ".npz", *model.get_weights())


def load(tf, build, path, what=None):
    """Read them, or some of them, into a new model."""
    import numpy

    model = _model(tf, "other_" if what else "")
    with numpy.load(path + ".npz") as file:
        values = [file[name] for name in file.files]
    if what == "exchanged":
        values[1] = numpy.roll(values[1], 1)
    if what is None:
        values = [value if value.ndim > 1 else as_made for value, as_made in zip(values, model.get_weights())]
    model.set_weights(values)
    return model
