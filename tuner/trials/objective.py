"""What a search optimizes: the name of a metric, and the direction that is better."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tuner.trials.trial import Trial

Direction = Literal["min", "max"]

# How the names of metrics end of which a larger, or a smaller, value is better for certain: those
# of --metrics, and those that Keras gives to its own.
_ENDINGS: dict[Direction, tuple[str, ...]] = {
    "max": (
        *("accuracy", "acc", "auc", "f1", "f1_score", "fbeta_score", "precision", "recall"),
        *("precision_at_recall", "recall_at_precision", "sensitivity_at_specificity"),
        *("specificity_at_sensitivity", "r2", "r2_score", "io_u"),
        *("cosine_similarity", "concordance_correlation", "pearson_correlation"),
        *("true_positives", "true_negatives"),
    ),
    "min": (
        *("loss", "error", "mse", "mae", "mape", "msle", "rmse", "logcosh", "crossentropy"),
        *("kl_divergence", "poisson", "hinge", "false_positives", "false_negatives"),
        "default_objective",  # KerasTuner: what a `fit` returns is minimized.
    ),
}


def certain_direction(name: str) -> Direction | None:
    """Return which way a metric is better by its name; None where the name does not tell.

    A number at the end does not count: it tells metrics of one name apart, or values of one metric.
    """
    if re.fullmatch(r"(val_)?top_\d+", name):
        return "max"
    name = re.sub(r"(_\d+)+$", "", name)
    for direction, endings in _ENDINGS.items():
        if name in endings or name.endswith(tuple(f"_{ending}" for ending in endings)):
            return direction
    return None


@dataclass(frozen=True)
class Objective:
    """A metric of the epoch logs, such as ``val_accuracy``, and which way is better.

    The direction is never guessed from an unknown name: a wrong guess declares the worst trial
    the best.
    """

    name: str
    direction: Direction

    @property
    def sign(self) -> int:
        """What to multiply a score by so that smaller is better: 1 or -1."""
        return -1 if self.direction == "max" else 1

    @property
    def is_share(self) -> bool:
        """Whether it is a share of examples, with the spread of a binomial distribution."""
        name = re.sub(r"_\d+$", "", self.name.removeprefix("val_"))
        return name == "top" or (name.endswith("accuracy") and name != "balanced_accuracy")

    def sort_key(self, score: float | None) -> float:
        """Return a number that is smaller for a better score; infinite for none."""
        return math.inf if score is None else self.sign * score

    def rank(self, trial: Trial) -> tuple[float, float, int]:
        """Return what sorts trials, the best first.

        Of equal scores, as accuracies on few examples often are, the one with the smaller
        validation loss in its best epoch, then the earlier.
        """
        return self.sort_key(trial.score), trial.best_loss, trial.number

    def gain(self, score: float, over: float) -> float:
        """Return by how much a score is better than another, below 0 if it is worse."""
        return self.sign * (over - score) + 0.0  # Never -0.0, which would be shown as such.

    def better(self, score: float | None, than: float | None) -> bool:
        """Tell whether a score beats another. Any number beats None; None, NaN and Inf beat
        nothing."""
        if score is None or not math.isfinite(score):
            return False
        return than is None or self.gain(score, than) > 0

    def values(self, curve: Sequence[Mapping[str, float]]) -> dict[int, float]:
        """Return what a learning curve has of it: epochs, counted from 1, to finite values."""
        told = {epoch: metrics.get(self.name, math.nan) for epoch, metrics in enumerate(curve, 1)}
        return {epoch: value for epoch, value in told.items() if math.isfinite(value)}

    def best_epoch(self, curve: Sequence[Mapping[str, float]]) -> tuple[float | None, int | None]:
        """Return the score of a learning curve and its epoch, counted from 1; None without one.

        Of equal epochs it is the one with the smallest validation loss, whose weights are kept.
        """
        best: tuple[float | None, int | None] = None, None
        least = math.inf
        for epoch, metrics in enumerate(curve, 1):
            score, loss = metrics.get(self.name, math.nan), metrics.get("val_loss", math.inf)
            if self.better(score, best[0]) or (score == best[0] and loss < least):
                best, least = (score, epoch), loss
        return best
