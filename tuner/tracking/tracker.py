"""What a tracker is: a search is a group or a parent run there, a trial is a child run.

A tracker is told in a process of its own, so it may raise, hang, or be slow: see `follower`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuner.trials.record import SearchRecord
from tuner.trials.trial import Metrics, Trial


@dataclass(frozen=True)
class Subject:
    """What is tracked: the trials of a search, or the trainings of ``train.py``.

    Attributes:
        record: Its configuration, and its trials or trainings, of which there come more.
        key: What tells it from all others, also of the same name; the same when it is resumed.
        children: The names of trainings by number; trials have none of their own.
    """

    record: SearchRecord
    key: str
    children: dict[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it: the run's name."""
        name = run_directory(self.record).resolve().name
        return f"{name}-train" if "trains" in self.record.config else name

    @property
    def project(self) -> str:
        """What it is about: the name of the data."""
        return str(self.record.config["dataset"]["name"])

    @property
    def config(self) -> dict[str, Any]:
        """Its settings, as far as there is something to say of them."""
        config, objective = self.record.config, self.record.objective
        settings = {k: v for k, v in config["options"].items() if v not in (None, [], False)}
        settings |= {"objective": objective.name, "direction": objective.direction}
        settings |= {key: config.get(key) for key in ("command", "git_revision")}
        return settings | {"fingerprint": config["dataset"]["fingerprint"]}

    def child(self, number: int) -> str:
        """Return what a trial or a training is called."""
        return self.children.get(number, f"trial-{number:04d}")


@dataclass(frozen=True)
class Epoch:
    """An epoch of a trial: counted from 1, when it ended (seconds since 1970), its metrics."""

    number: int
    time: float
    metrics: Metrics


@dataclass(frozen=True)
class Outcome:
    """What came of a search, or of the trainings of ``train.py``.

    Attributes:
        finished: It has come to its end; else it was interrupted, and may go on.
        trials: How many trials have ended by now.
        time: When the last thing happened, in seconds since 1970.
        numbers: Single figures, by name.
        notes: What there is to say, in Markdown.
        model: The file of the best model, if it is to be kept there.
    """

    finished: bool
    trials: int
    time: float
    numbers: Mapping[str, Any]
    notes: str = ""
    model: Path | None = None


class Tracker:
    """Keeps the runs of a tool up to date: begins them, or goes on with those of an earlier part.

    Args:
        subject: What is tracked.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @classmethod
    def place(cls, run: Path) -> str:
        """Return on one line where the run directory's search will be, and how to look at it.

        Without its package, and without anything being written.
        """
        raise NotImplementedError

    def start(self) -> None:
        """Open the run of the search."""
        raise NotImplementedError

    def start_trial(self, trial: Trial, time: float, known: int) -> int:
        """Open the run of a trial that has not ended in an earlier part.

        Args:
            trial: As far as it has come.
            time: When it began, in seconds since 1970.
            known: How many epochs an earlier part has logged.

        Returns:
            How many epochs need not be logged.
        """
        raise NotImplementedError

    def log(self, trial: Trial, epochs: Sequence[Epoch]) -> None:
        """Take in what is new of a curve: one epoch, or several where there was no time before."""
        raise NotImplementedError

    def end_trial(self, trial: Trial, time: float) -> None:
        """Write down how a trial has ended, and when; close its run."""
        raise NotImplementedError

    def end(self, outcome: Outcome) -> None:
        """Write down what came of it all; close the run of the search, and of trials cut short."""
        raise NotImplementedError


def run_directory(record: SearchRecord) -> Path:
    """Return the run directory of a search, also where the record is that of its trainings."""
    return record.run.parent if "trains" in record.config else record.run


def ending(trial: Trial) -> dict[str, Any]:
    """Return what there is to say of a trial's end, by the names that ``trials.csv`` has."""
    cause = None if trial.cause is None else trial.cause.value
    said = {
        "status": trial.status.value,
        "cause": cause,
        "reason": trial.reason,
        "score": trial.score,
        "score_std": trial.score_std,
        "best_epoch": trial.best_epoch,
        "seconds": trial.seconds,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}
