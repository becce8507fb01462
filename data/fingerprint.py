"""A digest that changes when the data, the task or the division into splits does."""

import hashlib
from collections.abc import Iterable

import numpy as np

from data.split import Split

# Of an image file, its size and its beginning are read: a folder may hold terabytes.
FILE_BYTES = 64 * 1024


def fingerprint(splits: Iterable[Split], files: bool, facts: Iterable[object]) -> str:
    """Return a hex digest of all that a score depends on; the same on every machine.

    Args:
        splits: The examples, in an order that does not change.
        files: Whether inputs are paths of files, whose content counts then.
        facts: What else a score depends on: strings, numbers and tuples of them.
    """
    parts = list(facts)
    for split in splits:
        columns = split.x if isinstance(split.x, dict) else {"x": split.x}
        for name, values in columns.items():
            parts += [name, _file_digest(values) if files else _array_digest(values)]
        parts.append(_array_digest(split.y))
        for name, values in split.more.items():
            parts += [name, _array_digest(values)]
        if split.weights is not None:
            parts += ["weights", _array_digest(split.weights)]
        for name in ("groups", "time"):
            if (values := getattr(split, name)) is not None:
                parts += [name, _array_digest(values)]
    return digest(*parts)


def digest(*parts: object) -> str:
    """Return a hex digest of plain values: strings, numbers and tuples of them."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _array_digest(values: np.ndarray) -> str:
    if values.dtype.kind in "OU":
        return digest(values.tolist())
    little_endian = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    # As bytes without a copy of them; dates have no view of their own.
    content = hashlib.sha256(little_endian.reshape(-1).view(np.uint8).data)
    return digest(values.dtype.name, values.shape, content.hexdigest())


def _file_digest(paths: np.ndarray) -> str:
    content = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            content.update(file.read(FILE_BYTES))
            content.update(file.seek(0, 2).to_bytes(8, "little"))
    return content.hexdigest()
