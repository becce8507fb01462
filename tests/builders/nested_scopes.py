"""Conditional scopes in a conditional scope, three deep; --dataset wine."""

import keras
from keras import layers


def build_model(hp):
    inputs = keras.Input(shape=(13,))
    x = inputs
    kind = hp.Choice("kind", ["linear", "mlp"])
    with hp.conditional_scope("kind", ["mlp"]):
        if kind == "mlp":
            x = layers.Dense(hp.Int("units", 8, 64, step=8), activation="relu")(x)
            regularizer = hp.Choice("regularizer", ["none", "noise", "dropout"])
            with hp.conditional_scope("regularizer", ["dropout"]):
                if regularizer == "dropout":
                    x = layers.Dropout(hp.Float("dropout_rate", 0.1, 0.5, step=0.1))(x)
            with hp.conditional_scope("regularizer", ["noise"]):
                if regularizer == "noise":
                    noise = hp.Choice("noise", ["relative", "absolute"])
                    with hp.conditional_scope("noise", ["relative"]):
                        if noise == "relative":
                            x = layers.GaussianDropout(hp.Float("noise_rate", 0.05, 0.3))(x)
                    with hp.conditional_scope("noise", ["absolute"]):
                        if noise == "absolute":
                            x = layers.GaussianNoise(hp.Float("noise_stddev", 0.01, 1.0))(x)
    outputs = layers.Dense(3, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
