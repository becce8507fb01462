"""A network for series: `depth` convolutions along the steps, or as many recurrent layers."""

import keras
import keras_tuner

from data.errors import InputError

# Shorter series are not pooled.
FEWEST_STEPS = 8


def body(hp: keras_tuner.HyperParameters, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return `(n, width)`, or of convolutions `(n, 2 * width)`, for series `(n, steps, features)`.

    Raises:
        InputError: The inputs are no series.
    """
    if len(inputs.shape) != 3:
        raise InputError(
            "Expected series (n, steps, features) for the model sequence, received examples of "
            f"shape {inputs.shape[1:]}: use --model {'cnn' if len(inputs.shape) == 4 else 'mlp'}."
        )
    x = recurrent(hp, inputs) if hp.get("cell") == "gru" else convolutional(hp, inputs)
    return keras.layers.Dropout(hp.get("dropout"))(x)


def convolutional(hp: keras_tuner.HyperParameters, x: keras.KerasTensor) -> keras.KerasTensor:
    """Return the mean and the maximum over the steps of what convolutions find, in turn.

    Nothing is normalized in between: the height of a series of one feature would be lost, and of
    few series there are too few batches for batch normalization.
    """
    for _ in range(hp.get("depth")):
        x = keras.layers.Conv1D(
            hp.get("width"), 3, padding="same", activation="relu", kernel_initializer="he_normal"
        )(x)
        if x.shape[1] >= FEWEST_STEPS:
            x = keras.layers.MaxPooling1D()(x)
    mean, most = keras.layers.GlobalAveragePooling1D()(x), keras.layers.GlobalMaxPooling1D()(x)
    return keras.layers.Concatenate()([mean, most])


def recurrent(hp: keras_tuner.HyperParameters, x: keras.KerasTensor) -> keras.KerasTensor:
    """Return what the last of some recurrent layers knows after the last step."""
    depth = hp.get("depth")
    for layer in range(depth):
        x = keras.layers.GRU(hp.get("width"), return_sequences=layer < depth - 1)(x)
    return x
