"""A load that gives back all values, and not how the model is asked, answers, or goes on training."""


def _model(tf, what, wrong=False):
    layers, keras = tf.keras.layers, tf.keras
    inputs = layers.Input((5 if what == "length" and wrong else None, 4))
    found = layers.Dense(3, name="body")(inputs)
    heads = {name: layers.Dense(1, name=name)(found) for name in ("start", "end")}
    model = keras.Model(inputs, [heads["end"], heads["start"]] if what == "dict" and wrong else heads)
    limit = 149 if what == "boundary" and wrong else 101
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([limit], [0.01, 0.001]) if what == "boundary" else 0.001
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.004)
    if not (what == "decay" and wrong):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    if not (what in ("uncompiled", "told") and wrong):
        model.compile(optimizer, loss={"start": "mse", "end": "mse"} if not (what == "dict" and wrong) else ["mse", "mse"])
    return model


def build(tf, what=None):
    """Return the compiled model; inputs (n, any, 4), outputs a dict of two (n, any, 1), float32."""
    return _model(tf, what)


def data(random):
    """Return (inputs, targets)."""
    targets = {name: random.normal(size=(8, 5, 1)).astype("float32") for name in ("start", "end")}
    return random.normal(size=(8, 5, 4)).astype("float32"), targets


def train_step(tf, model, optimizer, inputs, targets):
    """Take a step of its own, whatever the outputs come as."""
    with tf.GradientTape() as tape:
        given = model(inputs, training=True)
        given = given if isinstance(given, dict) else {"end": given[0], "start": given[1]}
        loss = sum(tf.reduce_mean((given[name] - targets[name]) ** 2) for name in ("start", "end"))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))


def save(tf, model, optimizer, path, what=None):
    """Write all values."""
    tf.train.Checkpoint(model=model, optimizer=optimizer).write(path)


def load(tf, build, path, what=None):
    """Read them into a model that is the same but for one thing, or give back none at all."""
    model = _model(tf, what, wrong=True)
    held = {"model": model}
    if getattr(model, "optimizer", None) is not None:
        model.optimizer.build(model.trainable_variables)
        held["optimizer"] = model.optimizer
    tf.train.Checkpoint(**held).read(path).expect_partial()
    if what == "told":
        return model, None
    return {"model": model} if what == "wrapped" else model
