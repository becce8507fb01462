"""What a pruner is told of a search, and when."""

import numpy as np

from tuner.pruners import Curves, Pruner, expected_end
from tuner.trials.ending import Cause, Status
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

# Rows that the first table has room for.
ROWS = 64


class Pruning:
    """Asks a pruner about running trials, and keeps the curves of those that have ended.

    Args:
        pruner: The rule.
        objective: What the curves are of.
        max_epochs: The most epochs of a trial.
        lag: As for `Search`: a trial is compared with those that its suggestion could know of, so
            that neither the number of workers nor their pace decides; None: with all that ended.
    """

    def __init__(
        self, pruner: Pruner, objective: Objective, max_epochs: int, lag: int | None
    ) -> None:
        self._pruner, self._objective, self._lag = pruner, objective, lag
        self._numbers = np.empty(ROWS, dtype=np.int64)
        self._values = np.empty((ROWS, max_epochs))
        self._best = np.empty((ROWS, max_epochs))
        self._whole = np.empty(ROWS, dtype=bool)
        self._count = 0

    def learn(self, trial: Trial) -> None:
        """Take in a trial that has ended; those of a deterministic search in order of number."""
        if self._count == len(self._numbers):
            self._grow()
        row, self._count = self._count, self._count + 1
        curve = self._curve(trial) if trial.status is not Status.FAILED else np.empty(0)
        whole = trial.cause is Cause.FINISHED
        self._numbers[row], self._whole[row] = trial.number, whole
        self._values[row] = self._best[row] = np.nan
        self._values[row, : len(curve)] = curve
        best = np.fmin.accumulate(curve)
        self._best[row, : len(curve)] = best
        if whole:
            self._best[row, len(curve) :] = best[-1:]

    def reason_to_stop(self, trial: Trial) -> str | None:
        """Return why a running trial shall end after its last epoch; None: it goes on.

        A trial that does better than all it is compared with goes on whatever the pruner thinks:
        so the best of a search is never one that was stopped.
        """
        known, curve = self._known(trial.number), self._curve(trial)
        if not 0 < len(curve) < known.max_epochs or not known.whole.any():
            return None
        if not np.isfinite(curve).all() or curve.min() < known.incumbent:
            return None
        return self._pruner(trial.number, curve, known)

    def expected_score(self, trial: Trial) -> float:
        """Return the score with which a trial would end, as far as its curve tells."""
        curve = np.fmin.accumulate(self._curve(trial))
        end = expected_end(curve, self._known(trial.number))
        return self._objective.sign * end

    def _known(self, number: int) -> Curves:
        count = self._count
        if self._lag is not None:
            count = min(count, max(0, number + 1 - self._lag))
        return Curves(
            self._numbers[:count], self._values[:count], self._best[:count], self._whole[:count]
        )

    def _curve(self, trial: Trial) -> np.ndarray:
        name = self._objective.name
        curve = np.array([metrics.get(name, np.nan) for metrics in trial.curve], dtype=float)
        curve[~np.isfinite(curve)] = np.nan
        return self._objective.sign * curve

    def _grow(self) -> None:
        for name in ("_numbers", "_values", "_best", "_whole"):
            table = getattr(self, name)
            setattr(self, name, np.concatenate([table, np.empty_like(table)]))
