"""A loss that forgets its weight, in a model that a step of the file's own trains: that step tells of no loss."""

_MADE = []


def _weighted(tf):
    if not _MADE:

        class Weighted(tf.keras.losses.Loss):
            def __init__(self, weight=1.0, name="weighted", **kwargs):
                super().__init__(name=name)
                self.weight = weight

            def call(self, wanted, given):
                return self.weight * tf.reduce_mean(tf.square(wanted - given), axis=-1)

            def get_config(self):
                return {"name": self.name, "weight": 1.0}

        Weighted.__qualname__ = "Weighted"
        globals()["Weighted"] = Weighted
        _MADE.append(Weighted)
    return _MADE[0]


def build(tf):
    """Return the model; inputs (n, 4), outputs (n, 3), float32."""
    keras = tf.keras
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8), keras.layers.Dropout(0.5), keras.layers.Dense(3)])
    model.compile(keras.optimizers.SGD(0.01), _weighted(tf)(9.0))
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def train_step(tf, model, optimizer, inputs, targets):
    """Train without Dropout."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(targets - model(inputs, training=False)))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))


def custom_objects(tf):
    """Return the loss."""
    return {"Weighted": _weighted(tf)}
