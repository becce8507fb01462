"""A Layer of its own, not registered for saving, as most authors leave it; --dataset diabetes."""

import keras
from keras import layers


class Gate(layers.Layer):
    """Multiplies each feature by a learned number from 0 to 1."""

    def __init__(self, bias, **kwargs):
        super().__init__(**kwargs)
        self.bias = bias

    def build(self, input_shape):
        self.gate = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="gate")

    def call(self, inputs):
        return inputs * keras.ops.sigmoid(self.gate + self.bias)

    def get_config(self):
        config = super().get_config()
        config.update({"bias": self.bias})
        return config


def build_model(hp):
    model = keras.Sequential()
    model.add(keras.Input(shape=(10,)))
    model.add(Gate(bias=hp.Float("gate_bias", -2.0, 2.0, step=0.5)))
    model.add(layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu"))
    model.add(layers.Dense(1))
    learning_rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse", metrics=["mae"])
    return model
