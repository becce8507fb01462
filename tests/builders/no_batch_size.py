"""Nothing but units and a learning rate: the batch size is fit's default; --dataset wine."""

import keras


def build_model(hp):
    units = hp.Int("units", 8, 64, step=8)
    model = keras.Sequential(
        [
            keras.Input(shape=(13,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4])),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
