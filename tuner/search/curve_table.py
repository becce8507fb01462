"""The learning curves of trials that have ended, as pruners compare them."""

import numpy as np

from tuner.pruners import Curves
from tuner.trials.ending import Cause, Status
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

# Rows that the first table has room for.
ROWS = 64


class CurveTable:
    """A row a trial, in the order in which they are learned of.

    Args:
        objective: What the curves are of.
        max_epochs: The most epochs of a trial.
    """

    def __init__(self, objective: Objective, max_epochs: int) -> None:
        self._objective = objective
        self._numbers = np.empty(ROWS, dtype=np.int64)
        self._values = np.empty((ROWS, max_epochs))
        self._best = np.empty((ROWS, max_epochs))
        self._whole = np.empty(ROWS, dtype=bool)
        self._count = 0

    def learn(self, trial: Trial) -> None:
        """Take in a trial that has ended."""
        if self._count == len(self._numbers):
            self._grow()
        row, self._count = self._count, self._count + 1
        failed = trial.status is Status.FAILED
        curve = np.empty(0) if failed else objective_curve(trial, self._objective)
        curve = curve[: self._values.shape[1]]  # A fit of one's own may have trained longer.
        # A damaged journal may lack its epochs.
        whole = trial.cause is Cause.FINISHED and len(curve) > 0
        self._numbers[row], self._whole[row] = trial.number, whole
        self._values[row] = self._best[row] = np.nan
        self._values[row, : len(curve)] = curve
        best = np.fmin.accumulate(curve)
        self._best[row, : len(curve)] = best
        if whole:
            self._best[row, len(curve) :] = best[-1:]

    def first(self, count: int) -> Curves:
        """Return the curves of the first so many trials."""
        return Curves(
            self._numbers[:count], self._values[:count], self._best[:count], self._whole[:count]
        )

    def _grow(self) -> None:
        for name in ("_numbers", "_values", "_best", "_whole"):
            table = getattr(self, name)
            setattr(self, name, np.concatenate([table, np.empty_like(table)]))


def objective_curve(trial: Trial, objective: Objective) -> np.ndarray:
    """Return the objective after each epoch, smaller is better, shape ``(epochs,)``.

    What is not a finite number is NaN.
    """
    curve = np.array([metrics.get(objective.name, np.nan) for metrics in trial.curve], dtype=float)
    curve[~np.isfinite(curve)] = np.nan
    return objective.sign * curve
