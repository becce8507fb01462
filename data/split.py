"""One split of a dataset: the inputs and the targets of the same examples."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from data.large_arrays import joined, rows_of

# One array with an example in each row, or a table: a name and a 1-D array for each column.
Inputs = np.ndarray | dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Inputs `x` and targets `y` of the same examples.

    In a raw split `y` has shape `(n,)`, or `(n, k)` for several values or labels. A model may want
    it otherwise, or by the names of outputs. `weights`, float32 `(n,)`, say how much each example
    counts in a loss; None: all alike. `more` are further targets by name, for models with several
    outputs. Examples with the same value in `groups` belong together, and `time` orders them; None:
    they stand alone.
    """

    x: Inputs
    y: Any
    weights: np.ndarray | None = None
    more: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    groups: np.ndarray | None = None
    time: np.ndarray | None = None

    def __len__(self) -> int:
        y = next(iter(self.y.values())) if isinstance(self.y, dict) else self.y
        return len(y)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """`(x, y)`, or `(x, y, weights)`: what Keras trains and evaluates on."""
        return (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)

    def take(self, indices: np.ndarray) -> Split:
        """Return the examples at `indices`, in that order."""
        parts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Split(**{name: _rows(part, indices) for name, part in parts.items()})

    def apart(self) -> Split:
        """Return these examples, copied where they are still in the file that they came from."""
        if isinstance(self.x, dict) or self.x.flags.writeable:
            return self
        return self.take(np.arange(len(self)))

    def first(self, count: int) -> Split:
        """Return the first examples, no more than `count`."""
        return self.take(np.arange(min(count, len(self))))

    def join(self, other: Split) -> Split:
        """Return these examples followed by those of `other`; without weights each weighs 1."""
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate(
                [
                    np.ones(len(s), np.float32) if s.weights is None else s.weights
                    for s in (self, other)
                ]
            )
        names = [f.name for f in dataclasses.fields(self) if f.name != "weights"]
        joined = {name: _joined(getattr(self, name), getattr(other, name)) for name in names}
        return Split(**joined, weights=weights)


def _joined(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return None
    if isinstance(one, dict):
        return {name: joined(array, other[name]) for name, array in one.items()}
    return joined(one, other)


def _rows(part: Any, rows: np.ndarray) -> Any:
    if part is None:
        return None
    if isinstance(part, dict):
        return {name: rows_of(array, rows) for name, array in part.items()}
    return rows_of(part, rows)
