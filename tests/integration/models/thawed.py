"""Two models of one shape inside a model, one of them frozen; the load freezes the other one."""


def _model(tf, frozen):
    keras = tf.keras

    def part(name):
        inner = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(4, name="inner")], name=name)
        # The layer, not the model: what holds it looks the same on both sides.
        inner.layers[-1].trainable = name != frozen
        return inner

    inputs = keras.layers.Input((4,))
    return keras.Model(inputs, part("second")(part("first")(inputs)))


def build(tf):
    """Return the model; inputs and outputs (n, 4), float32."""
    return _model(tf, frozen="first")


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 4)).astype("float32")


def save(tf, model, optimizer, path):
    """Write the values by part."""
    import numpy

    parts = {name: model.get_layer(name).get_weights() for name in ("first", "second")}
    numpy.savez(path + ".npz", **{name + str(index): value for name in parts for index, value in enumerate(parts[name])})


def load(tf, build, path):
    """Read them into a model of which the other part is frozen."""
    import numpy

    model = _model(tf, frozen="second")
    with numpy.load(path + ".npz") as values:
        for name in ("first", "second"):
            model.get_layer(name).set_weights([values[name + "0"], values[name + "1"]])
    return model
