"""A way of its own that works, but for one thing: no right to write or read, a failure that does not come again, an agent struck dumb."""

import os
import sys

MARK = __file__ + ".was-here"


def _forbidden(path):
    """Do what the system refuses to every user: give a directory a second name."""
    os.link(os.path.dirname(path), path + ".link")


def build(tf, what=None):
    """Return a plain model; inputs (n, 6), outputs (n, 2), float32."""
    return tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), name="only")], name="bad")


def data(random):
    """Return (inputs, targets); nothing is trained."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def save(tf, model, optimizer, path, what=None):
    """Write all values."""
    if what == "unwritable":
        _forbidden(path)
    tf.train.Checkpoint(model=model).write(path)


def load(tf, build, path, what=None):
    """Read all values into a new model."""
    if what == "unreadable":
        _forbidden(path)
    if what == "once" and not os.path.exists(MARK):
        # Beside this file: the scratch of the cell goes with it.
        open(MARK, "w").close()
        raise RuntimeError("this happens once")
    if what == "dumb":
        # The agent goes on, and its child ends well, without a word of what came of it.
        sys.modules["agent.report"].Report.phase = lambda self, name: None
    model = build()
    tf.train.Checkpoint(model=model).read(path).assert_existing_objects_matched()
    return model
