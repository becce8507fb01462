"""One split of a dataset: the inputs and the targets of the same examples."""

from __future__ import annotations

import dataclasses

import numpy as np

# One array with an example in each row, or a table: a name and a 1-D array for each column.
Inputs = np.ndarray | dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Inputs `x` and targets `y` of the same examples; `y` has shape `(n,)`."""

    x: Inputs
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def take(self, indices: np.ndarray) -> Split:
        """Return the examples at `indices`, in that order."""
        if isinstance(self.x, dict):
            return Split({name: x[indices] for name, x in self.x.items()}, self.y[indices])
        return Split(self.x[indices], self.y[indices])

    def join(self, other: Split) -> Split:
        """Return these examples followed by those of `other`."""
        y = np.concatenate([self.y, other.y])
        if isinstance(self.x, dict) and isinstance(other.x, dict):
            return Split(
                {name: np.concatenate([self.x[name], other.x[name]]) for name in self.x}, y
            )
        return Split(np.concatenate([self.x, other.x]), y)
