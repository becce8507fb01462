"""Units for each layer of a loop, and a dropout rate behind a plain if; --dataset digits."""

import keras
from keras import layers


def build_model(hp):
    model = keras.Sequential([keras.Input(shape=(8, 8, 1)), layers.Flatten()])
    activation = hp.Choice("activation", ["relu", "tanh"])
    for i in range(hp.Int("num_layers", 1, 3)):
        units = hp.Int(f"units_{i}", min_value=32, max_value=128, step=32)
        model.add(layers.Dense(units, activation=activation))
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(rate=hp.Float("dropout_rate", 0.1, 0.5)))
    model.add(layers.Dense(10, activation="softmax"))
    learning_rate = hp.Float("lr", min_value=1e-4, max_value=1e-2, sampling="log")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
