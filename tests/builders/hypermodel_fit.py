"""A HyperModel whose own fit has hyperparameters, and stops early by itself; --dataset digits."""

import keras
import keras_tuner
from keras import layers


class DigitsHyperModel(keras_tuner.HyperModel):
    def build(self, hp):
        model = keras.Sequential(
            [
                keras.Input(shape=(8, 8, 1)),
                layers.Flatten(),
                layers.Dense(hp.Int("units", 32, 128, step=32), activation="relu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, **kwargs):
        patience = hp.Int("patience", 1, 3)
        stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience)
        kwargs["callbacks"] = [*kwargs.get("callbacks", []), stop]
        return model.fit(
            *args,
            batch_size=hp.Choice("batch_size", [16, 32, 64]),
            shuffle=hp.Boolean("shuffle"),
            **kwargs,
        )
