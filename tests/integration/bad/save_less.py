"""A fixture whose save leaves weights out."""


def build(tf):
    """Return a model whose `save` is not what it should be."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(6,), name="only")], name="bad")
    model.compile(optimizer="adam", loss="mse")
    real = model.save

    def save(path, *args, **kwargs):
        import h5py

        real(path, *args, **kwargs)
        with h5py.File(path, "a") as file:
            group = file["model_weights/only"]
            for name in list(group):
                del group[name]

    model.save = save
    return model


def data(random):
    """Return (inputs, targets)."""
    return random.normal(size=(8, 6)).astype("float32"), random.normal(size=(8, 2)).astype("float32")
