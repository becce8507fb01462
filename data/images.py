"""Files of images as tensors."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from data.errors import InputError


def decode(path: str | tf.Tensor, channels: int = 0) -> tf.Tensor:
    """Read an image: PNG, JPEG, BMP, or the first frame of a GIF.

    Args:
        path: The file.
        channels: 1 for grey, 3 for colour, 0 for as many as the file has.

    Returns:
        uint8 `(height, width, channels)`.
    """
    image = tf.io.decode_image(tf.io.read_file(path), channels, expand_animations=False)
    return tf.ensure_shape(image, (None, None, channels or None))


def typical_shape(paths: Sequence[str]) -> tuple[int, int, int]:
    """Decode images, and return the median height and width, and 1 channel if all are grey, else 3.

    Raises:
        InputError: A file is not an image, or is damaged.
    """
    # Threads: TensorFlow decodes outside of Python's lock.
    with ThreadPoolExecutor() as pool:
        shapes = np.array(list(pool.map(_shape, paths)))
    height, width = np.median(shapes[:, :2], axis=0).astype(int).tolist()
    return height, width, 1 if (shapes[:, 2] == 1).all() else 3


def _shape(path: str) -> tuple[int, ...]:
    try:
        return tuple(decode(path).shape)
    except tf.errors.OpError as error:
        raise InputError(
            f'Expected a PNG, JPEG, GIF or BMP image, but "{path}" cannot be decoded: repair or '
            "remove it."
        ) from error
