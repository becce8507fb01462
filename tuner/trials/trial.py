"""A trial: what is asked of it, what it reports, and what became of it.

A cross-validated trial trains once a fold. Executors are given one training at a time: a trial, or
one fold of a trial. `number` is the trial's, counted from 0; `attempt` is 0 for its first run, and
one more after each interruption; `fold` is counted from 0, and None for a trial without folds.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tuner.space.hyperparameters import Declaration
from tuner.trials.ending import Cause, Status

Values = dict[str, Any]
Metrics = dict[str, float]


# The share of an epoch in which streamed data were waited for, among its metrics.
WAITING = "waiting_for_data"


class TrainingPath(StrEnum):
    """How a model is trained."""

    XLA = "xla"
    COMPILED = "compiled"
    PLAIN = "plain"
    STREAMED = "streamed"
    OWN = "own"  # By a `fit` of the model builder.

    @classmethod
    def asked(cls, name: str) -> "TrainingPath | None":
        """Return the one that ``--training-path`` names; None: whatever is fastest."""
        return None if name == "auto" else cls(name)


@dataclass(frozen=True)
class Assignment:
    """All that an executor needs to run one trial, and to tell whether to keep its model.

    Attributes:
        values: The hyperparameters' values, active ones only.
        keep_score: The model is worth a checkpoint unless it scores worse than this; None: always.
            That of a fold is not kept.
    """

    number: int
    attempt: int
    values: Values
    keep_score: float | None = None
    fold: int | None = None

    def ended(self, cause: Cause, **details: Any) -> "TrialResult":
        """Return how this run has ended."""
        return TrialResult(self.number, self.attempt, cause, fold=self.fold, **details)


@dataclass(frozen=True)
class EpochReport:
    """The logs of one epoch of one trial.

    Attributes:
        attempt: Reports of an abandoned run are dropped.
        epoch: Counted from 1.
        metrics: Name to value; may hold NaN or infinity.
        seconds: What the epoch took.
        late: What the trial declares that the search did not know of, with its values.
        cost: What a whole training of it costs, as `nominal_cost` says; None after epoch 1.
    """

    number: int
    attempt: int
    epoch: int
    metrics: Metrics
    seconds: float
    fold: int | None = None
    late: "Late | None" = None
    cost: float | None = None


@dataclass(frozen=True)
class Late:
    """Hyperparameters that only a trial's own model has declared."""

    declarations: Sequence[Declaration]
    values: Values


@dataclass(frozen=True)
class TrialResult:
    """How one run of a trial ended.

    Attributes:
        score: The objective in the best epoch; None for a failed trial.
        best_epoch: Counted from 1; its weights are those of the checkpoint.
        seconds: From building the model to the last epoch.
        reason: The cause in words, on one line; empty for a trial that finished.
        path: How it was trained; None if it did not come to that.
        fold: The one that has ended; the others may be running.
        fold_scores: The scores of the folds that count, in order, when a whole trial has ended.
        expected: For a pruned trial, the score that it was expected to end with.
        code: The revision of the code that it ran with, if that is not the search's.
    """

    number: int
    attempt: int
    cause: Cause
    score: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    reason: str = ""
    path: TrainingPath | None = None
    fold: int | None = None
    fold_scores: tuple[float, ...] = ()
    expected: float | None = None
    code: str | None = None

    @property
    def status(self) -> Status:
        """What becomes of the trial."""
        return self.cause.status


@dataclass
class Trial:
    """Everything that is known of one trial, as the journal tells it.

    Attributes:
        cause: Why it has ended; None while it runs.
        code: The revision of the code that it ran with last; None where nobody wrote it down.
        folds: The trainings of a cross-validated trial by their fold, each told as a trial.
        fold_scores: The scores of the folds that count, in order, once the trial has ended.
        curve: The metrics of each epoch; of a cross-validated trial that has ended, their means.
        declared: What it has declared that the search did not know of.
        cost: What a whole training costs, of folds each, in nominal seconds; None if it is unknown.
    """

    number: int
    values: Values
    attempt: int = 0
    cause: Cause | None = None
    code: str | None = None
    score: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    reason: str = ""
    path: TrainingPath | None = None
    expected: float | None = None
    curve: list[Metrics] = field(default_factory=list)
    folds: dict[int, "Trial"] = field(default_factory=dict)
    fold_scores: tuple[float, ...] = ()
    declared: list[Declaration] = field(default_factory=list)
    cost: float | None = None

    @property
    def status(self) -> Status:
        """What has become of it."""
        return Status.RUNNING if self.cause is None else self.cause.status

    @property
    def known_score(self) -> float:
        """The score of a trial that has one.

        Raises:
            ValueError: It has none.
        """
        if self.score is None:
            raise ValueError(f"trial {self.number} has no score")
        return self.score

    @property
    def epochs(self) -> int:
        """The number of epochs that its present run has reported."""
        return len(self.curve)

    @property
    def epochs_of_folds(self) -> int:
        """The number of epochs that all its trainings have reported."""
        return sum(fold.epochs for fold in self.folds.values()) if self.folds else self.epochs

    @property
    def best_loss(self) -> float:
        """The validation loss of the best epoch, of folds the mean; infinite if it is not known."""
        counted = [run for fold, run in self.folds.items() if fold < len(self.fold_scores)]
        losses = [
            metrics.get("val_loss", math.inf)
            for run in counted or [self]
            for epoch, metrics in enumerate(run.curve, 1)
            if epoch == run.best_epoch
        ]
        mean = statistics.fmean(losses) if losses else math.inf
        return mean if math.isfinite(mean) else math.inf

    @property
    def score_std(self) -> float | None:
        """The standard deviation of the score from fold to fold; None for fewer than two."""
        return statistics.stdev(self.fold_scores) if len(self.fold_scores) > 1 else None
