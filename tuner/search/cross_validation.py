"""What the folds of a trial say together: its score, and whether its last folds are worth training.

Folds count in their order, whatever the order in which workers end them. So a trial's result is a
function of its folds' results and of the rival's, with any number of workers.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tuner.trials.ending import Cause, Status
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial, TrialResult

# A spread takes two.
FEWEST_FOLDS = 2
# So many standard errors would the last folds have to be luckier than the first ones.
STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class CrossValidation:
    """How the trials of a search are cross-validated.

    Attributes:
        count: How many folds a trial has, repeats included.
        objective: What their scores are.
        gives_up: Whether trials are given up after their first folds.
    """

    count: int
    objective: Objective
    gives_up: bool = True

    def next_fold(self, trial: Trial, *, ahead: bool = False) -> int | None:
        """Return the fold of a running trial to train next; None when it has to wait or has all.

        Args:
            trial: The trial.
            ahead: Do not wait for the folds that may yet show that this one is not needed.
        """
        fold = next((k for k in range(self.count) if k not in trial.folds), None)
        if fold is None or fold < FEWEST_FOLDS or ahead:
            return fold
        runs = trial.folds.values()
        return fold if all(run.status is Status.COMPLETED for run in runs) else None

    def result(self, trial: Trial, rival: Trial | None) -> TrialResult | None:
        """Return how a trial has ended; None while it goes on.

        Args:
            trial: The trial.
            rival: The best trial that may be known here.
        """
        scores: list[float] = []
        for fold in range(self.count):
            run = trial.folds.get(fold)
            if run is None or run.cause is None:
                return None
            if run.score is None or run.status is not Status.COMPLETED:
                return self._ended(trial, run.cause, scores, f"fold {fold}: {run.reason}")
            scores.append(run.score)
            reason = self.reason_to_give_up(scores, () if rival is None else rival.fold_scores)
            if reason is not None:
                return self._ended(trial, Cause.FOLDS, scores, reason)
        runs = [trial.folds[fold] for fold in range(self.count)]
        cut = next((run for run in runs if run.cause is Cause.BUDGET), None)
        cause, reason = (Cause.FINISHED, "") if cut is None else (Cause.BUDGET, cut.reason)
        return self._ended(trial, cause, scores, reason)

    def cut_short(self, trial: Trial, reason: str) -> TrialResult:
        """Return the result of a trial whose next fold is not going to be trained."""
        scores = [run.score for run in trial.folds.values() if run.score is not None]
        return self._ended(
            trial, Cause.CUT_OFF, scores, f"{reason} after {len(scores)} of {self.count} folds"
        )

    def reason_to_give_up(self, scores: Sequence[float], rival: Sequence[float]) -> str | None:
        """Say why a trial is given up after its first folds; None if it is not.

        On the same folds as the rival, whose splits are the same, the trial is worse by d on
        average. It is given up when its mean over all folds would still be the worse one if the
        folds to come were `STANDARD_ERRORS` luckier. From n of N folds the mean of all is known up
        to s * sqrt((1 - n / N) / n); s is the larger of the standard deviations of the differences
        and of the rival's scores, since so few differences may agree by chance.
        """
        n = len(scores)
        enough = FEWEST_FOLDS <= n < self.count and len(rival) == self.count
        if not (self.gives_up and enough):
            return None
        pairs = zip(scores, rival, strict=False)
        gains = [self.objective.gain(ours, theirs) for ours, theirs in pairs]
        spread = max(statistics.stdev(gains), statistics.stdev(rival))
        margin = STANDARD_ERRORS * spread * math.sqrt((1 - n / self.count) / n)
        behind = -statistics.fmean(gains)
        if behind <= margin:
            return None
        return (
            f"given up after {n} of {self.count} folds: {behind:.4g} behind the best on these, "
            f"more than {margin:.4g}"
        )

    def _ended(
        self, trial: Trial, cause: Cause, scores: Sequence[float], reason: str
    ) -> TrialResult:
        counted = [trial.folds[fold] for fold in range(len(scores))]
        epochs = [run.best_epoch for run in counted if run.best_epoch is not None]
        has_score = bool(scores) and cause.status is not Status.FAILED
        return TrialResult(
            trial.number,
            trial.attempt,
            cause,
            score=statistics.fmean(scores) if has_score else None,
            best_epoch=round(statistics.fmean(epochs)) if has_score and epochs else None,
            seconds=sum(run.seconds for run in trial.folds.values()),
            reason=reason,
            path=next((run.path for run in counted), None),
            fold_scores=tuple(scores),
        )
