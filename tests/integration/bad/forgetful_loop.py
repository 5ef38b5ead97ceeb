"""A loop whose `load` forgets one part of what an optimizer holds, and says nothing: the runner must see each of them."""

import os

_CLASSES = {}


def _state(tf):
    """Return the class of what the loop holds beside the model, made once in a process."""
    if not _CLASSES:

        class LoopState(tf.Module):
            """An optimizer with a schedule, and averages of the weights."""

            def __init__(self, rate):
                super(LoopState, self).__init__()
                schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.04, decay_steps=3, decay_rate=rate)
                self.optimizer = tf.keras.optimizers.SGD(learning_rate=schedule, momentum=0.7)
                self.averages = []

            def step(self, model, gradients):
                variables = model.trainable_variables
                self.optimizer.apply_gradients([(gradient, variables[index]) for index, gradient in enumerate(gradients)])
                if not self.averages:
                    self.averages = [tf.Variable(tf.convert_to_tensor(variable)) for variable in variables]
                for index, average in enumerate(self.averages):
                    average.assign(0.6 * average + 0.4 * tf.convert_to_tensor(variables[index]))

            @property
            def iterations(self):
                return self.optimizer.iterations

            @property
            def variables(self):
                return list(self.averages)

            def get_config(self):
                return {}

        _CLASSES["LoopState"] = LoopState
    return _CLASSES["LoopState"]


def build(tf, forget="nothing"):
    """Return an uncompiled model; inputs (n, 9), outputs (n, 2), float32."""
    keras = tf.keras
    return keras.Sequential([keras.layers.Dense(6, activation="tanh", input_shape=(9,)), keras.layers.Dense(2)])


def optimizer(tf):
    """Return optimizer and averages."""
    return _state(tf)(rate=0.5)


def data(random):
    """Return (inputs, targets): (16, 9) and (16, 2) float32."""
    return random.normal(size=(16, 9)).astype("float32"), random.normal(size=(16, 2)).astype("float32")


def train_step(tf, model, optimizer, inputs, targets):
    """Take one step of the loop."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(tf.constant(inputs), training=True) - tf.constant(targets)))
    optimizer.step(model, tape.gradient(loss, model.trainable_variables))


def save(tf, model, optimizer, path, forget="nothing"):
    """Write a checkpoint of all."""
    tf.train.Checkpoint(model=model, optimizer=optimizer).write(os.path.join(path, "ckpt"))


def load(tf, build, path, forget="nothing"):
    """Restore all but one part."""
    import numpy

    model, held = build(), _state(tf)(rate=0.4 if forget == "schedule" else 0.5)
    # A step makes the slots, where they are not to come late.
    if forget != "late averages":
        train_step(tf, model, held, *data(numpy.random.RandomState(1)))
    tf.train.Checkpoint(model=model, optimizer=held).restore(os.path.join(path, "ckpt"))
    known = held.optimizer.variables
    if forget == "count":
        held.optimizer.iterations.assign(0)
    for variable in known() if callable(known) else known:
        if forget == "momentum" and len(variable.shape):
            variable.assign(tf.zeros_like(variable))
    for average in held.averages:
        if forget == "averages":
            average.assign(tf.zeros_like(average))
    if forget == "late averages":
        restored, held = held, _state(tf)(rate=0.5)
        held.optimizer = restored.optimizer
    return model, held
