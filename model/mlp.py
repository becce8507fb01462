"""A multilayer perceptron: `depth` dense layers of `width` neurons, each with dropout."""

import keras
import keras_tuner


def body(hp: keras_tuner.HyperParameters, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return `(n, width)` for inputs of any shape."""
    x = keras.layers.Flatten()(inputs)
    for _ in range(hp.get("depth")):
        x = keras.layers.Dense(hp.get("width"), "relu", kernel_initializer="he_normal")(x)
        x = keras.layers.Dropout(hp.get("dropout"))(x)
    return x
