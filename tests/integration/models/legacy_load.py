"""A file of Keras 2 that its owner reads with tf-keras, beside a Keras 3, as the guides advise."""


def build(tf):
    """Return the compiled model; inputs (n, 4), outputs (n, 2), float32."""
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
    model.compile(tf.keras.optimizers.Adam(0.01), "mean_squared_error")
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 4)).astype("float32"), random.normal(size=(8, 2)).astype("float32")


def save(tf, model, optimizer, path):
    """Save the whole model."""
    model.save(path + ".h5")


def load(tf, build, path):
    """Load it with tf-keras where `tf.keras` is another one."""
    if tf.keras.__version__.startswith("3"):
        import tf_keras

        return tf_keras.models.load_model(path + ".h5")
    return tf.keras.models.load_model(path + ".h5")
