"""From raw inputs to float32 tensors, inside a Keras model.

Statistics and vocabularies are learned from training data. All layers and operations are Keras's
own, so that the saved model loads without this repository.
"""

from __future__ import annotations

from collections.abc import Container

import keras
import numpy as np
from keras import ops

from data.images import read_image
from data.preprocessing.statistics import mean_and_deviation
from data.split import Inputs

# So many training images tell the mean and the variance of their pixels well enough.
SAMPLED_IMAGES = 256


def learn_preprocessing(x: np.ndarray, image_shape: tuple[int, int, int] | None) -> keras.Model:
    """Return the model from a raw array to float32 `(n, *input_shape)`, learned from `x`.

    Columns of numbers, and the channels of images, are normalized. Images of a folder come in any
    size, and are resized. Tables: see `data.preprocessing.packed_tables`.

    Args:
        x: The inputs of the training split.
        image_shape: (height, width, channels) when `x` holds paths of images, else `None`.
    """
    if image_shape is not None:
        return _for_image_files(x, image_shape)
    return _for_array(x)


def no_preprocessing(x: Inputs, image_shape: tuple[int, int, int] | None) -> keras.Model:
    """Return a model that passes raw inputs on: a table by name, images of a folder resized."""
    if image_shape is not None:
        raw = keras.Input((None, None, image_shape[-1]), name="x")
        resized = keras.layers.Resizing(*image_shape[:2], dtype="float32", name="resize")(raw)
        return keras.Model(raw, resized, name="preprocessing")
    if isinstance(x, dict):
        inputs = {n: keras.Input((1,), dtype=_dtype(column), name=n) for n, column in x.items()}
        passed = {n: keras.layers.Identity()(one) for n, one in inputs.items()}
        return keras.Model(inputs, passed, name="preprocessing")
    raw = keras.Input(x.shape[1:], dtype=x.dtype.name, name="x")
    return keras.Model(raw, keras.layers.Identity()(raw), name="preprocessing")


def reshaped(preprocessing: keras.Model, shape: tuple[int, ...] | None) -> keras.Model:
    """Return preprocessing to arrays of another shape; None: to the shape that it has."""
    if shape is None:
        return preprocessing
    outputs = keras.layers.Reshape(shape)(preprocessing.output)
    return keras.Model(preprocessing.input, outputs, name=preprocessing.name)


def unused_name(name: str, used: Container[str]) -> str:
    """Return `name`, lengthened until it is not in use."""
    while name in used:
        name += "_"
    return name


def _for_array(x: np.ndarray) -> keras.Model:
    if x.dtype != np.float64:
        raw = keras.Input(x.shape[1:], name="x")
        return keras.Model(raw, _normalize(raw, x), name="preprocessing")
    # In 64 bits, as the numbers of a table.
    raw = keras.Input(x.shape[1:], dtype="float64", name="x")
    mean, deviation = mean_and_deviation(x)
    return keras.Model(raw, ops.cast((raw - mean) / deviation, "float32"), name="preprocessing")


def _for_image_files(paths: np.ndarray, shape: tuple[int, int, int]) -> keras.Model:
    height, width, channels = shape
    raw = keras.Input((None, None, channels), name="x")
    resize = keras.layers.Resizing(height, width, dtype="float32", name="resize")
    sample = np.stack([resize(read_image(path, channels)) for path in paths[:SAMPLED_IMAGES]])
    return keras.Model(raw, _normalize(resize(raw), sample), name="preprocessing")


def _dtype(column: np.ndarray) -> str:
    return column.dtype.name if column.dtype.kind in "biuf" else "string"


def _normalize(x: keras.KerasTensor, values: np.ndarray) -> keras.KerasTensor:
    mean, deviation = mean_and_deviation(values)
    layer = keras.layers.Normalization(
        mean=mean, variance=deviation**2, dtype="float32", name="normalize"
    )
    return layer(x)
