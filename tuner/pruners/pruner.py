"""What every pruner is told, and what it answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Metrics are computed in single precision: what differs by less of their range does not differ.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Curves:
    """The objective of trials that have ended, epoch by epoch; smaller is better.

    Attributes:
        numbers: The numbers of the trials, shape (n,).
        values: NaN after a trial's last epoch and for epochs without a finite value, shape
            (n, most epochs of a trial). A failed trial has no value at all.
        best: The best value so far; the score of a trial that came to its own end stays until
            the last column, that of one that was stopped does not, shape (n, most epochs).
        whole: Which trials came to their own end, shape (n,).
    """

    numbers: NDArray[np.int64]
    values: Floats
    best: Floats
    whole: NDArray[np.bool_]

    @property
    def max_epochs(self) -> int:
        """The most epochs of a trial."""
        return self.values.shape[1]

    def take(self, rows: NDArray[np.bool_]) -> "Curves":
        """Return some of the trials."""
        return Curves(self.numbers[rows], self.values[rows], self.best[rows], self.whole[rows])

    @cached_property
    def incumbent(self) -> float:
        """The best score of a trial that came to its own end; infinite before there is one."""
        return float(np.min(self.best[self.whole, -1], initial=np.inf))

    @cached_property
    def step(self) -> float:
        """The smallest difference between two values, zero before there is one.

        A metric that counts examples is often as good as the incumbent's; to be better, it has to
        gain one step at the least.
        """
        gaps = np.diff(np.unique(self.values[np.isfinite(self.values)]))
        return float(gaps[gaps > ROUNDING * gaps.sum()].min()) if len(gaps) else 0.0


class Pruner(Protocol):
    """Tells after each epoch of a trial whether it goes on."""

    def __call__(self, number: int, curve: Floats, known: Curves) -> str | None:
        """Return why the trial ends now, in a few words; None: it goes on.

        The answer depends on the arguments alone.

        Args:
            number: The trial's number.
            curve: Its objective so far, smaller is better, shape (epochs,), fewer than the most
                epochs of a trial. All values are finite, none is better than the incumbent.
            known: The trials to compare with, at least one of which came to its own end.
        """


def grace(max_epochs: int) -> int:
    """Return how many epochs every trial has: before a tenth is over, curves tell little."""
    return max(1, -(-max_epochs // 10))
