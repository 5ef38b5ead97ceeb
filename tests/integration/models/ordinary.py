"""Models as people write them that a careless reader would take for broken: all of them come back whole."""

_MADE = {}


def _classes(tf):
    if _MADE:
        return _MADE

    class Scale(tf.keras.layers.Layer):
        """Divides by the root of a weight, which must stay positive."""

        def build(self, shape):
            self.width = self.add_weight(name="width", shape=(shape[-1],), initializer="ones")

        def call(self, inputs):
            return inputs / tf.sqrt(self.width)

    class Packed(tf.keras.layers.Layer):
        """Writes its two weights as one."""

        def build(self, shape):
            self.kernel = self.add_weight(name="kernel", shape=(4, 4))
            self.bias = self.add_weight(name="bias", shape=(4,))

        def call(self, inputs):
            return inputs @ self.kernel + self.bias

        def save_own_variables(self, store):
            store["all"] = tf.concat([self.kernel, self.bias[None]], 0).numpy()

        def load_own_variables(self, store):
            self.kernel.assign(store["all"][:4])
            self.bias.assign(store["all"][4])

    class Head(tf.keras.Model):
        """Has a second head, which is made at the first step that trains it, of which `rate` drops a part."""

        def __init__(self, rate=0.0, **kwargs):
            super().__init__(**kwargs)
            self.first, self.aside = tf.keras.layers.Dense(3, name="first"), tf.keras.layers.Dense(3, name="aside")
            self.drop = tf.keras.layers.Dropout(rate)

        def call(self, inputs, training=None):
            return self.first(inputs) + self.drop(self.aside(inputs), training=True) if training else self.first(inputs)

    class Encoder(tf.keras.Model):
        """Has a layer between its others that its own training step alone makes, as an encoder's variance often is."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first, self.aside, self.last = (tf.keras.layers.Dense(3, name=name) for name in ("first", "aside", "last"))

        def call(self, inputs):
            return self.last(self.first(inputs))

        def train_step(self, data):
            with tf.GradientTape() as tape:
                wide = self.first(data[0]) + self.aside(data[0])
                loss = tf.reduce_mean((self.last(wide) - data[1]) ** 2)
            self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights))
            return {"loss": loss}

    for kind in (Scale, Packed, Head, Encoder):
        kind.__qualname__ = kind.__name__
        globals()[kind.__name__] = _MADE[kind.__name__] = kind
    return _MADE


def build(tf, what):
    """Return one of them; inputs (n, 4), outputs (n, 3), float32."""
    keras, own = tf.keras, _classes(tf)
    rate = 0.01
    if what == "between":
        model = own["Encoder"]()
    elif what in ("late", "dropped"):
        model = own["Head"](0.5 if what == "dropped" else 0.0)
    else:
        between = {"positive": own["Scale"], "packed": own["Packed"], "warm": lambda: keras.layers.Dropout(0.5)}.get(what)
        model = keras.Sequential(
            [keras.layers.Input((4,)), keras.layers.Dense(4), *([between()] if between else []), keras.layers.Dense(3)]
        )
    if what == "warm":
        # Begins with a rate of nothing.
        rate = keras.optimizers.schedules.PolynomialDecay(0.0, 10, end_learning_rate=0.1)
    metrics = [keras.metrics.MeanSquaredError(), keras.metrics.MeanAbsoluteError()] if what == "unnamed" else None
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), keras.losses.MeanSquaredError(), metrics=metrics)
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def custom_objects(tf):
    """Return the model's own classes."""
    return dict(_classes(tf))
