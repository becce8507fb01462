"""Rows of an array as a step of a TensorFlow pipeline."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

# From so many bytes on an array stays where it is: TensorFlow would copy it, in every process.
LARGE = 256 * 1024**2


def rows_in_pipeline(array: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return what takes rows of an array by their numbers, int64 `(n,)` or one alone."""
    if array.nbytes >= LARGE and array.dtype.kind in "biuf":
        return lambda rows: _rows_of(array, rows)
    with tf.device("CPU:0"):
        tensor = tf.convert_to_tensor(array)
    return lambda rows: tf.gather(tensor, rows)


def _rows_of(array: np.ndarray, rows: tf.Tensor) -> tf.Tensor:
    taken = tf.numpy_function(lambda rows: array[rows], [rows], array.dtype, stateful=False)
    return tf.ensure_shape(taken, (*rows.shape, *array.shape[1:]))
