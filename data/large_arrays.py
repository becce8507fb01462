"""Arrays that may be larger than memory: in files, of which the system reads what is used."""

import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil

# An array that takes a larger share of the free memory is kept in a file.
SHARE = 0.25
# So much of an array is worked on at once.
BATCH_BYTES = 64 * 1024**2
# So many numbers tell mean and deviation to a thousandth of the latter and better. All of a
# gigabyte of pixels would take ten seconds, in every worker.
SAMPLED = 2**24

# What the memory of a container is limited to, in bytes or "max"; elsewhere there is no such file.
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array to be filled, in memory or, where that is short, in a file.

    The file has no name and ends with the array. It is in ``TMPDIR`` or ``/var/tmp``, since
    ``/tmp`` is often memory, too.

    Raises:
        OSError: The disk is full.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or size <= SHARE * free_memory():
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile(dir=folder_of_files()) as file:
        if hasattr(os, "posix_fallocate"):  # A disk that fills up later is a crash.
            os.posix_fallocate(file.fileno(), 0, size)
        # As a plain array, of which pickle lets the bytes stand apart.
        return np.asarray(np.memmap(file, dtype, "w+", shape=shape))


def folder_of_files() -> str:
    """Return where files of arrays are."""
    there = "TMPDIR" not in os.environ and Path("/var/tmp").is_dir()
    return "/var/tmp" if there else tempfile.gettempdir()


def free_memory() -> int:
    """Return the bytes of memory that are free, or that a container may have at all, if fewer."""
    return min(psutil.virtual_memory().available, all_memory())


def all_memory() -> int:
    """Return the bytes of memory that the machine has, or its container may have."""
    size = int(psutil.virtual_memory().total)
    with suppress(OSError, ValueError):
        size = min(size, int(CONTAINER_LIMIT.read_text()))
    return size


def where_kept(arrays: Iterable[np.ndarray]) -> Iterator[str]:
    """Yield a sentence for people if some of these are in files of `empty`."""
    size = sum(array.nbytes for array in arrays if _in_file(array))
    if size:
        yield (
            f"{size / 1e9:.1f} GB of inputs are in a file in {folder_of_files()} "
            "while they are used, as they would fill the memory (TMPDIR names another folder)"
        )


def batches(array: np.ndarray) -> Iterator[slice]:
    """Yield slices of the first axis that are small enough for several copies in memory."""
    rows = max(BATCH_BYTES // max(math.prod(array.shape[1:]) * array.itemsize, 1), 1)
    for start in range(0, len(array), rows):
        yield slice(start, start + rows)


def sample(array: np.ndarray) -> np.ndarray:
    """Return examples at equal distances, so many that they have about `SAMPLED` numbers."""
    return array[:: max(-(-array.size // SAMPLED), 1)]


def rows_of(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the rows of an array by their numbers, or by a mask, in that order."""
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows
    taken = empty((len(rows), *array.shape[1:]), array.dtype)
    for batch in batches(taken):
        taken[batch] = array[rows[batch]]
    return taken


def joined(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return one array followed by another."""
    shape = (len(one) + len(other), *one.shape[1:])
    return np.concatenate([one, other], out=empty(shape, np.result_type(one, other)))


def converted(array: np.ndarray, dtype: Any) -> np.ndarray:
    """Return an array with another data type, or itself if it has that."""
    if array.dtype == dtype:
        return array
    result = empty(array.shape, dtype)
    for batch in batches(array):
        result[batch] = array[batch]
    return result


def _in_file(array: np.ndarray) -> bool:
    base: Any = array
    while base is not None and not isinstance(base, np.memmap):
        base = getattr(base, "base", None)
    return base is not None
