"""When a pruner is asked about a running trial, and what becomes of a trial that it ends."""

from dataclasses import dataclass

import numpy as np

from tuner.pruners import Curves, Pruner, expected_end
from tuner.search.curve_table import objective_curve
from tuner.trials.ending import Cause
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial, TrialResult


@dataclass(frozen=True)
class Pruning:
    """Asks a pruner about running trials.

    Attributes:
        pruner: The rule.
        objective: What the curves are of.
    """

    pruner: Pruner
    objective: Objective

    def reason_to_stop(self, trial: Trial, known: Curves) -> str | None:
        """Return why a running trial shall end after its last epoch; None: it goes on.

        A trial that does better than all it is compared with goes on whatever the pruner thinks:
        so the best of a search is never one that was stopped.
        """
        curve = objective_curve(trial, self.objective)
        if not 0 < len(curve) < known.max_epochs or not known.whole.any():
            return None
        if not np.isfinite(curve).all() or curve.min() < known.incumbent:
            return None
        return self.pruner(trial.number, curve, known)

    def expected_score(self, trial: Trial, known: Curves) -> float:
        """Return the score with which a trial would end, as far as its curve tells."""
        curve = np.fmin.accumulate(objective_curve(trial, self.objective))
        return self.objective.sign * expected_end(curve, known)

    def result(self, trial: Trial, known: Curves, seconds: float) -> TrialResult | None:
        """Return how a running trial ends after its last epoch; None while it goes on."""
        reason = self.reason_to_stop(trial, known)
        if reason is None:
            return None
        score, epoch = self.objective.best_epoch(trial.curve)
        return TrialResult(
            *(trial.number, trial.attempt, Cause.CURVE, score, epoch, seconds),
            reason=f"pruned after epoch {trial.epochs}: {reason}",
            expected=self.expected_score(trial, known),
        )
