"""A trial: what is asked of it, what it reports, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Values = dict[str, Any]
Metrics = dict[str, float]


class Status(StrEnum):
    """What became of a trial, as written in ``trials.csv``."""

    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"


class TrainingPath(StrEnum):
    """How a model is trained."""

    COMPILED = "compiled"
    PLAIN = "plain"
    STREAMED = "streamed"


@dataclass(frozen=True)
class Assignment:
    """All that an executor needs to run one trial, and to tell whether to keep its model.

    Attributes:
        number: The trial's number, counted from 0.
        attempt: 0 for the first run; one more after each interruption.
        values: The hyperparameters' values, active ones only.
        keep_score: The model is worth a checkpoint when it scores better than this; None: always.
    """

    number: int
    attempt: int
    values: Values
    keep_score: float | None = None


@dataclass(frozen=True)
class EpochReport:
    """The logs of one epoch of one trial.

    Attributes:
        number: The trial's number.
        attempt: Which run of the trial; reports of an abandoned run are dropped.
        epoch: Counted from 1.
        metrics: Name to value; may hold NaN or infinity.
        seconds: What the epoch took.
    """

    number: int
    attempt: int
    epoch: int
    metrics: Metrics
    seconds: float


@dataclass(frozen=True)
class TrialResult:
    """How one run of a trial ended.

    Attributes:
        number: The trial's number.
        attempt: Which run of the trial.
        status: Anything but running.
        score: The objective in the best epoch; None for a failed trial.
        best_epoch: Counted from 1; its weights are those of the checkpoint.
        seconds: From building the model to the last epoch.
        reason: Why it failed or was pruned, on one line.
        path: How it was trained; None if it did not come to that.
    """

    number: int
    attempt: int
    status: Status
    score: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    reason: str = ""
    path: TrainingPath | None = None


@dataclass
class Trial:
    """Everything that is known of one trial, as the journal tells it."""

    number: int
    values: Values
    attempt: int = 0
    status: Status = Status.RUNNING
    score: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    reason: str = ""
    path: TrainingPath | None = None
    curve: list[Metrics] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """The number of epochs that its present run has reported."""
        return len(self.curve)
