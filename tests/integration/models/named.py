"""What is served has a name of its own, and gives more or other than the model does; of two such names none is the one to call."""

_MADE = {}


def build(tf, count=1, gives=None):
    """Return the uncompiled model; inputs (n, 4), outputs (n, 3), float32. `count` methods are served, which answer alike."""
    if not _MADE:

        class Served(tf.keras.Model):
            """One layer, and two methods that call it."""

            def __init__(self):
                super().__init__()
                self.answer = tf.keras.layers.Dense(3)

            def call(self, inputs):
                return self.answer(inputs)

            @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
            def score(self, features):
                return {"scores": self(features)}

            @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
            def rank(self, features):
                return {"ranks": self(features)}

        _MADE["Served"] = Served
    return _MADE["Served"]()


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 3)).astype("float32")


def save(tf, model, optimizer, path, count=1, gives=None):
    """Save the model with as many of its methods as are served, or with one signature that `gives` something else."""
    if gives:
        size = 8 if gives == "batch" else None

        @tf.function(input_signature=[tf.TensorSpec([size, 4], tf.float32)])
        def serve(features):
            scores = model(features)
            best = {"best": tf.argmax(scores, -1)} if gives == "more" else {}
            return {"scores": tf.cast(scores, tf.float16) if gives == "half" else scores, **best}

        return tf.saved_model.save(model, path, signatures=serve)
    return tf.saved_model.save(model, path, signatures={name: getattr(model, name) for name in ("score", "rank")[:count]})
