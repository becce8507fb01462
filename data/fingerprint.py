"""A digest that changes when the data, the task or the division into splits does."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from data.dataset import Dataset

# Of an image file, its size and its beginning are read: a folder may hold terabytes.
FILE_BYTES = 64 * 1024


def fingerprint(dataset: Dataset) -> str:
    """Return a hex digest of all that a score depends on; the same on every machine."""
    parts: list[object] = [dataset.task, dataset.seed, dataset.feature_names, dataset.class_names]
    for split in (dataset.train, dataset.validation, dataset.test):
        columns = split.x if isinstance(split.x, dict) else {"x": split.x}
        for name, values in columns.items():
            parts += [name, _file_digest(values) if dataset.image_shape else _array_digest(values)]
        parts.append(_array_digest(split.y))
    return digest(*parts)


def digest(*parts: object) -> str:
    """Return a hex digest of plain values: strings, numbers and tuples of them."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _array_digest(values: np.ndarray) -> str:
    if values.dtype.kind in "OU":
        return digest(values.tolist())
    little_endian = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return digest(
        values.dtype.name, values.shape, hashlib.sha256(little_endian.tobytes()).hexdigest()
    )


def _file_digest(paths: np.ndarray) -> str:
    content = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            content.update(file.read(FILE_BYTES))
            content.update(file.seek(0, 2).to_bytes(8, "little"))
    return content.hexdigest()
