"""A convolutional network: `depth` convolutions of `width` filters, and pooling between them."""

import keras
import keras_tuner

from data.errors import InputError
from model.augmentation import augment

SMALLEST_SIDE = 4


def body(hp: keras_tuner.HyperParameters, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return `(n, width)` for images `(n, height, width, channels)`.

    Raises:
        InputError: The inputs are no images, or smaller than 4 x 4 pixels.
    """
    if len(inputs.shape) != 4 or min(inputs.shape[1:3]) < SMALLEST_SIDE:
        raise InputError(
            f"Expected images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels for the model "
            f"cnn, received examples of shape {inputs.shape[1:]}: use --model mlp."
        )
    x = augment(hp, inputs)
    for _ in range(hp.get("depth")):
        # No bias: batch normalization has its own.
        x = keras.layers.Conv2D(
            hp.get("width"), 3, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("relu")(x)
        if min(x.shape[1:3]) >= SMALLEST_SIDE:
            x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.layers.Dropout(hp.get("dropout"))(x)
