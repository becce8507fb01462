"""One split of a dataset: the inputs and the targets of the same examples."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

# One array with an example in each row, or a table: a name and a 1-D array for each column.
Inputs = np.ndarray | dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Inputs `x` and targets `y` of the same examples; `y` has shape `(n,)`.

    `weights`, float32 `(n,)`, say how much each example counts in a loss; None: all alike.
    """

    x: Inputs
    y: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """`(x, y)`, or `(x, y, weights)`: what Keras trains and evaluates on."""
        return (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)

    def take(self, indices: np.ndarray) -> Split:
        """Return the examples at `indices`, in that order."""
        weights = None if self.weights is None else self.weights[indices]
        if isinstance(self.x, dict):
            x = {name: column[indices] for name, column in self.x.items()}
            return Split(x, self.y[indices], weights)
        return Split(self.x[indices], self.y[indices], weights)

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
        if isinstance(self.x, dict) and isinstance(other.x, dict):
            return Split(
                {name: np.concatenate([self.x[name], other.x[name]]) for name in self.x}, y, weights
            )
        return Split(np.concatenate([self.x, other.x]), y, weights)
