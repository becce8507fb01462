"""Two named outputs with a loss each, so two targets by name; --dataset digits, which has one."""

import keras
from keras import layers


def build_model(hp):
    inputs = keras.Input(shape=(8, 8, 1))
    x = layers.Flatten()(inputs)
    x = layers.Dense(hp.Int("units", 32, 128, step=32), activation="relu")(x)
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    even = layers.Dense(1, activation="sigmoid", name="even")(x)
    model = keras.Model(inputs, {"digit": digit, "even": even})
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 1e-3])),
        loss={"digit": "sparse_categorical_crossentropy", "even": "binary_crossentropy"},
        loss_weights={"digit": 1.0, "even": hp.Float("even_weight", 0.1, 1.0)},
        metrics={"digit": ["accuracy"], "even": ["accuracy"]},
    )
    return model
