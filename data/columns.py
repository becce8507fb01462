"""What each column of a table was taken for."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

# What a column can be. One that is left out is no input of a model.
KINDS = ("number", "category", "date", "text", "left out")


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table, and what it was taken for.

    Attributes:
        name: As models know it: as in the file, except that "/" is "_".
        kind: One of `KINDS`. In a split, numbers are float64, NaN where one is missing; all others
            are texts, "" where one is missing, and dates are written as in ISO 8601.
        source: Its name in the file.
        format: How the file writes its cells, where that is not plain.
        note: For people: what was noticed, or why it is left out.
    """

    name: str
    kind: str
    source: str = ""
    format: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    note: str = ""

    @property
    def is_input(self) -> bool:
        """Whether models take it."""
        return self.kind != "left out"


def columns_of(x: Mapping[str, np.ndarray]) -> tuple[Column, ...]:
    """Return what the columns of a table are by their data types: numbers, or else categories."""
    return tuple(
        Column(name, "number" if values.dtype.kind in "biuf" else "category", source=name)
        for name, values in x.items()
    )


def parts_of(columns: Iterable[Column]) -> dict[str, list[Column]]:
    """Return the columns that models take by the part of a packed table they are in, in order."""
    parts = dict[str, list[Column]]()
    for column in columns:
        if column.is_input:
            part = "numbers" if column.kind == "number" else "texts"
            parts.setdefault(part, []).append(column)
    return parts


def packed(x: Mapping[str, np.ndarray], columns: Iterable[Column]) -> dict[str, np.ndarray]:
    """Return a table as at most two arrays.

    A column a tensor would make a table of thousands of them slow to stream and to build.

    Returns:
        "numbers", float64 `(n, how many)`, and "texts", objects `(n, how many)`: all that are no
        numbers. What a table has none of is left out.
    """
    dtypes = {"numbers": np.float64, "texts": object}
    return {
        part: np.stack([x[one.name] for one in those], axis=1).astype(dtypes[part], copy=False)
        for part, those in parts_of(columns).items()
    }
