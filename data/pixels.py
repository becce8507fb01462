"""The images of a folder, read and resized once: for all epochs, folds, trials and workers."""

from __future__ import annotations

import dataclasses
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from data.images import decode, with_a_bar
from data.large_arrays import empty, folder_of_files

# Up to this share of what is free on a disk: workers read a copy.
SHARE_OF_DISK = 0.25


@dataclasses.dataclass(frozen=True, eq=False)
class Pixels:
    """Resized images.

    Attributes:
        array: float32 `(n, height, width, channels)`.
        places: Where that of each file is in it, by its path.
    """

    array: np.ndarray
    places: Mapping[str, int]

    def places_of(self, paths: np.ndarray) -> np.ndarray:
        """Return where the images of files are, int64 `(n,)`."""
        return np.array([self.places[path] for path in paths.tolist()], np.int64)


def read_pixels(
    paths: np.ndarray, shape: tuple[int, int, int], folders: Iterable[str] = ()
) -> Pixels | None:
    """Read and resize images; None if a disk has no room for them.

    Args:
        paths: Their files.
        shape: The height, width and channels that they get.
        folders: Where copies of them may come to be.
    """
    size = len(paths) * math.prod(shape) * np.dtype(np.float32).itemsize
    free = min(shutil.disk_usage(folder).free for folder in (folder_of_files(), *folders))
    if size > SHARE_OF_DISK * free:
        return None
    array = empty((len(paths), *shape), np.float32)
    images = with_a_bar(_resized(paths, shape), len(paths), "resizing images")
    for place, image in enumerate(images):
        array[place] = image
    return Pixels(array, {path: place for place, path in enumerate(paths.tolist())})


def _resized(paths: np.ndarray, shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    import keras
    import tensorflow as tf

    height, width, channels = shape
    resize = keras.layers.Resizing(height, width, dtype="float32")
    files = tf.data.Dataset.from_tensor_slices([os.fsencode(path) for path in paths.tolist()])
    images = files.map(
        lambda path: resize(decode(path, channels)[tf.newaxis])[0],
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    return images.prefetch(tf.data.AUTOTUNE).as_numpy_iterator()
