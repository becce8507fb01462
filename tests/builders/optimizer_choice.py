"""A choice of optimizers, of which one alone has a momentum; --dataset breast_cancer."""

import keras


def build_model(hp):
    inputs = keras.Input(shape=(30,))
    x = keras.layers.Dense(hp.Int("units", 8, 64, step=8), activation="relu")(inputs)
    outputs = keras.layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs, outputs)

    name = hp.Choice("optimizer", ["adam", "sgd", "rmsprop"])
    learning_rate = hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4])
    if name == "sgd":
        momentum = hp.Float("momentum", 0.0, 0.9, step=0.1)
        optimizer = keras.optimizers.SGD(learning_rate, momentum=momentum)
    elif name == "rmsprop":
        optimizer = keras.optimizers.RMSprop(learning_rate)
    else:
        optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
