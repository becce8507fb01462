"""A HyperModel that is made with arguments, by the script that searches; rows (n, 13), a number."""

from keras_tuner import HyperModel
from tensorflow.keras import Sequential, layers, optimizers


class RegressionHyperModel(HyperModel):
    def __init__(self, input_shape, max_layers=4):
        self.input_shape = input_shape
        self.max_layers = max_layers

    def build(self, hp):
        model = Sequential()
        model.add(layers.Input(shape=self.input_shape))
        for i in range(hp.Int("layers", 1, self.max_layers)):
            model.add(
                layers.Dense(
                    units=hp.Int("units_" + str(i), 16, 128, step=4),
                    activation=hp.Choice("act_" + str(i), ["relu", "tanh", "sigmoid"]),
                )
            )
            model.add(
                layers.Dropout(
                    hp.Float("dropout", min_value=0.0, max_value=0.2, default=0.05, step=0.05)
                )
            )
        model.add(layers.Dense(1))
        model.compile(
            optimizer=optimizers.Adam(hp.Choice("learning_rate", values=[1e-2, 1e-3])),
            loss="mse",
            metrics=["mse", "mae"],
        )
        return model
