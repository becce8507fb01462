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
from data.preprocessing.statistics import mean_and_deviation, median_and_spread
from data.split import Inputs

# So many training images tell the mean and the variance of their pixels well enough.
SAMPLED_IMAGES = 256


def learn_preprocessing(x: np.ndarray, image_shape: tuple[int, int, int] | None) -> keras.Model:
    """Return the model from a raw array to float32 `(n, *input_shape)`, learned from `x`.

    Columns are scaled by median and quartiles; channels of images, and features of series, by mean
    and deviation. Images of a folder come in any size, and are resized. Tables: see
    `data.preprocessing.packed_tables`.

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


def smoothly_clipped(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return x / sqrt(1 + (x / 3)^2): about x where it is small, and never beyond -3 to 3.

    An outlier stays the largest, but has no more weight than others. Source: Holzmueller et al.,
    Better by Default (NeurIPS 2024), section 3.
    """
    return x / ops.sqrt(1.0 + ops.square(x / 3.0))


def _for_array(x: np.ndarray) -> keras.Model:
    columns, exact = x.ndim == 2, x.dtype == np.float64
    raw = keras.Input(x.shape[1:], dtype="float64" if exact or columns else None, name="x")
    if columns:
        median, spread = median_and_spread(x)
        ready = ops.cast(smoothly_clipped((raw - median) / spread), "float32")
    elif exact:  # In 64 bits, as the numbers of a table.
        mean, deviation = mean_and_deviation(x)
        ready = ops.cast((raw - mean) / deviation, "float32")
    else:
        ready = _normalize(raw, x)
    return keras.Model(raw, ready, name="preprocessing")


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
