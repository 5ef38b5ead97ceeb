"""Models whose own code raises, or does not end, when it is asked for a config: what does not ask is not hindered."""

import time

_MADE = {}


def _classes(tf):
    if _MADE:
        return _MADE

    class Slow(tf.keras.layers.Layer):
        def call(self, inputs):
            return inputs

        def get_config(self):
            time.sleep(1000)

    class Ported(tf.keras.optimizers.SGD):
        """Written for an older Keras, as many are."""

        def get_config(self):
            return {"rate": self._serialize_hyperparameter("learning_rate")}

    for kind in (Slow, Ported):
        kind.__qualname__ = kind.__name__
        globals()[kind.__name__] = _MADE[kind.__name__] = kind
    return _MADE


def build(tf, what):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    keras, own = tf.keras, _classes(tf)
    between = [own["Slow"]()] if what == "slow" else []
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(4), *between, keras.layers.Dense(3)])
    model.compile(own["Ported"](0.01) if what == "ported" else keras.optimizers.SGD(0.01), keras.losses.MeanSquaredError())
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def custom_objects(tf):
    """Return the model's own classes."""
    return dict(_classes(tf))
