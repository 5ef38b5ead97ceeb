"""Sound: a model that each call changes, by a recurrent layer that goes on where it was and by a layer that counts its calls."""

import tensorflow


@tensorflow.keras.utils.register_keras_serializable(package="changes")
class Counting(tensorflow.keras.layers.Layer):
    def build(self, shape):
        self.calls = self.add_weight(name="calls", shape=(), dtype="int32", initializer="zeros", trainable=False)

    def call(self, values):
        self.calls.assign(self.calls + 1)
        return values * 1.0


def build(tf):
    given = tf.keras.Input(batch_shape=(8, 2, 4))
    gone_on = tf.keras.layers.SimpleRNN(3, stateful=True, unroll=True)(given)
    model = tf.keras.Model(given, tf.keras.layers.Dense(1)(Counting()(gone_on)))
    model.compile("adam", "mean_squared_error")
    return model


def data(random):
    return random.normal(size=(8, 2, 4)).astype("float32"), random.normal(size=(8, 1)).astype("float32")
