"""categorical_crossentropy, which takes targets one-hot; --dataset wine."""

import keras


def build_model(hp):
    model = keras.Sequential()
    model.add(keras.Input(shape=(13,)))
    model.add(keras.layers.Dense(hp.Int("units", 8, 64, step=8), activation="relu"))
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(
        optimizer=hp.Choice("optimizer", ["adam", "rmsprop"]),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
