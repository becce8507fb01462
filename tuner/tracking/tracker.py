"""What a tracker is: a search is a group or a parent run there, a trial is a child run.

A tracker is told in a process of its own, so it may raise, hang, or be slow: see `follower`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.trials.record import SearchRecord
from tuner.trials.trial import Metrics, Trial


@dataclass(frozen=True)
class Subject:
    """What is tracked: the trials of a search, or the trainings of ``train.py``.

    Attributes:
        record: Its configuration, and its trials or trainings.
        key: What tells it from all others, also of the same name; the same when it is resumed.
        name: What people call it.
        children: The names of trainings, by their number; trials have none of their own.
    """

    record: SearchRecord
    key: str
    name: str
    children: Sequence[str] = ()

    @property
    def project(self) -> str:
        """What it is about: the name of the data."""
        return str(self.record.config["dataset"]["name"])

    def child(self, number: int) -> str:
        """Return what a trial or a training is called."""
        return self.children[number] if self.children else f"trial-{number:04d}"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        finished: It has come to its end; else it was interrupted, and may go on.
        numbers: Single figures and words, by name.
        notes: What there is to say, in Markdown.
        model: The file of the best model, if it is to be kept there.
    """

    finished: bool
    numbers: Mapping[str, Any]
    notes: str = ""
    model: Path | None = None


class Tracker:
    """Keeps runs of a tool up to date. Begins them anew, or goes on with those of an earlier part.

    Args:
        subject: What is tracked. The record grows while the tracker is told of it.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @classmethod
    def place(cls, folder: Path) -> str:
        """Return where it writes, and how that is looked at, on one line.

        Without its package, and without anything being written.

        Args:
            folder: The folder of all runs.
        """
        raise NotImplementedError

    def start(self) -> None:
        """The search begins or goes on: open its run."""

    def start_trial(self, trial: Trial) -> int:
        """Open the run of a trial; return of how many epochs it knows already.

        Called once for each trial that has not ended in an earlier part.
        """
        raise NotImplementedError

    def log(self, trial: Trial, epochs: Sequence[Metrics], first: int) -> None:
        """Take in what is new of a curve: the metrics of epochs `first`, `first` + 1, …"""
        raise NotImplementedError

    def end_trial(self, trial: Trial) -> None:
        """Note how a trial has ended, and close its run."""
        raise NotImplementedError

    def end(self, outcome: Outcome) -> None:
        """Note what came of it all, and close the run of the search."""
        raise NotImplementedError
