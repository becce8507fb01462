"""From raw inputs to float32 tensors, inside a Keras model.

Statistics and vocabularies are learned from training data. All layers and operations are Keras's
own, so that the saved model loads without this repository.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

import keras
import numpy as np
from keras import ops

from data.images import read_image
from data.split import Inputs

# A text column has at most this many categories, the most frequent ones; all others share one.
MOST_CATEGORIES = 50

# So many training images tell the mean and the variance of their pixels well enough.
SAMPLED_IMAGES = 256


def learn_preprocessing(x: Inputs, image_shape: tuple[int, int, int] | None) -> keras.Model:
    """Return the model from raw inputs to float32 `(n, *input_shape)`, learned from `x`.

    - Columns of numbers, and the channels of images, are normalized.
    - A missing number counts as the mean. If a column misses numbers in training data, another
      column says where.
    - A text is one-hot encoded. A missing one is a category like any other.
    - Images of a folder come in any size, and are resized.

    The model takes one array; for a table it takes one 1-D array for each column, by name.

    Args:
        x: The inputs of the training split.
        image_shape: (height, width, channels) when `x` holds paths of images, else `None`.
    """
    if isinstance(x, dict):
        return _for_table(x)
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
    raw = keras.Input(x.shape[1:], name="x")
    return keras.Model(raw, _normalize(raw, x), name="preprocessing")


def _for_image_files(paths: np.ndarray, shape: tuple[int, int, int]) -> keras.Model:
    height, width, channels = shape
    raw = keras.Input((None, None, channels), name="x")
    resize = keras.layers.Resizing(height, width, dtype="float32", name="resize")
    sample = np.stack([resize(read_image(path, channels)) for path in paths[:SAMPLED_IMAGES]])
    return keras.Model(raw, _normalize(resize(raw), sample), name="preprocessing")


def _for_table(columns: dict[str, np.ndarray]) -> keras.Model:
    dtypes = {name: _dtype(x) for name, x in columns.items()}
    inputs = {name: keras.Input((1,), dtype=dtype) for name, dtype in dtypes.items()}
    numbers = [name for name in columns if dtypes[name] == "float32"]
    texts = [name for name in columns if dtypes[name] == "string"]

    features = [_encode_text(inputs[name], columns[name]) for name in texts]
    if numbers:
        table = keras.layers.Concatenate(dtype="float32")([inputs[name] for name in numbers])
        features += _encode_numbers(table, np.column_stack([columns[name] for name in numbers]))
    outputs = keras.layers.Concatenate(dtype="float32")(features)

    # A model in the model, since no layer may have the name of a column.
    name = unused_name("encode", columns)
    encode = keras.Model(list(inputs.values()), outputs, name=name)
    raw = [keras.Input((1,), dtype=dtype, name=name) for name, dtype in dtypes.items()]
    return keras.Model(raw, encode(raw), name="preprocessing")


def _dtype(column: np.ndarray) -> str:
    return "float32" if column.dtype.kind == "f" else "string"


def _encode_numbers(table: keras.KerasTensor, values: np.ndarray) -> list[keras.KerasTensor]:
    mean, _ = _statistics(values)
    missing = ops.isnan(table)
    normalized = _normalize(ops.where(missing, mean.astype(np.float32), table), values)
    flagged = np.flatnonzero(np.isnan(values).any(axis=0)).tolist()
    if not flagged:
        return [normalized]
    return [normalized, ops.cast(ops.take(missing, flagged, axis=1), "float32")]


def _encode_text(column: keras.KerasTensor, values: np.ndarray) -> keras.KerasTensor:
    # What occurs once tells nothing about other examples.
    counts = Counter(values.tolist())
    frequent = sorted((-count, text) for text, count in counts.items() if count > 1)
    vocabulary = [text for _, text in frequent[:MOST_CATEGORIES]] or [""]
    lookup = keras.layers.StringLookup(vocabulary=vocabulary, output_mode="one_hot")
    one_hot = ops.cast(lookup(column), "float32")
    # The first place is for texts out of the vocabulary. Where training data have none, its
    # weights would stay random: then such a text is all zeros.
    return one_hot if set(counts) - set(vocabulary) else one_hot[:, 1:]


def _normalize(x: keras.KerasTensor, values: np.ndarray) -> keras.KerasTensor:
    mean, variance = _statistics(values)
    layer = keras.layers.Normalization(
        mean=mean, variance=variance, dtype="float32", name="normalize"
    )
    return layer(x)


def _statistics(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance over all axes but the last.

    Missing values do not count. A constant column has variance 1: it stays constant, and does not
    blow up where later data differ from it.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import gen_batches

    scaler = StandardScaler()
    with np.errstate(invalid="ignore"):  # an empty column has no mean: NaN
        for batch in gen_batches(len(values), 1024):  # in batches, to save memory
            scaler.partial_fit(values[batch].reshape(-1, values.shape[-1]))
    return np.nan_to_num(scaler.mean_, nan=0.0), np.nan_to_num(scaler.scale_, nan=1.0) ** 2
