"""One split of a dataset: the inputs and the targets of the same examples."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

# One array with an example in each row, or a table: a name and a 1-D array for each column.
Inputs = np.ndarray | dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Inputs `x` and targets `y` of the same examples.

    In a raw split `y` has shape `(n,)`. A model may want it otherwise, or by the names of outputs.
    `weights`, float32 `(n,)`, say how much each example counts in a loss; None: all alike.
    `more` are further targets `(n,)` by name, for models with several outputs.
    """

    x: Inputs
    y: Any
    weights: np.ndarray | None = None
    more: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        y = next(iter(self.y.values())) if isinstance(self.y, dict) else self.y
        return len(y)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """`(x, y)`, or `(x, y, weights)`: what Keras trains and evaluates on."""
        return (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)

    def take(self, indices: np.ndarray) -> Split:
        """Return the examples at `indices`, in that order."""
        weights = None if self.weights is None else self.weights[indices]
        more = _rows(self.more, indices)
        return Split(_rows(self.x, indices), _rows(self.y, indices), weights, more)

    def first(self, count: int) -> Split:
        """Return the first examples, no more than `count`."""
        return self.take(np.arange(min(count, len(self))))

    def join(self, other: Split) -> Split:
        """Return these examples followed by those of `other`; without weights each weighs 1."""
        y, weights = np.concatenate([self.y, other.y]), None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate(
                [
                    np.ones(len(s), np.float32) if s.weights is None else s.weights
                    for s in (self, other)
                ]
            )
        return Split(_joined(self.x, other.x), y, weights, _joined(self.more, other.more))


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {name: np.concatenate([array, other[name]]) for name, array in one.items()}
    return np.concatenate([one, other])


def _rows(part: Any, indices: np.ndarray) -> Any:
    if isinstance(part, dict):
        return {name: array[indices] for name, array in part.items()}
    return part[indices]
