"""What every executor is, what it is asked for, and the search as it sees it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tuner.trials.ending import Cause
from tuner.trials.trial import Assignment, EpochReport, TrialResult

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan


@dataclass(frozen=True)
class Wanted:
    """What a search asks of its executor, which counts the workers itself.

    Attributes:
        workers: How many trials to run at once; None: what suits the executor's machines.
        trainings: How many trainings there will be in all, folds included.
        at_once: How many trials can run at the same time at the most; None: any number.
        deterministic: Results must not depend on how many threads compute them.
        trial_timeout: Seconds after which a trial has failed; None: never.
    """

    workers: int | None
    trainings: int
    at_once: int | None
    deterministic: bool
    trial_timeout: float | None


class TrialSource(Protocol):
    """The search, as executors see it. They call it from one thread."""

    def next_trial(self) -> Assignment | None:
        """Return the next trial to run.

        None while trials run means: ask again when one of them has ended. None while none runs
        means: there are no more.
        """

    def prepare(self) -> None:
        """Use the time until a worker is free to find the next trial."""

    def report_epoch(self, report: EpochReport) -> bool:
        """Take the logs of an epoch; return whether the trial shall go on."""

    def end_trial(self, result: TrialResult) -> None:
        """Take the end of a trial."""

    def lose_trial(self, assignment: Assignment, reason: str) -> None:
        """Hear that a trial's run was lost through no fault of its own: it may run again."""


class Executor(AbstractContextManager["Executor"], Protocol):
    """Runs the trials of a search; a context manager, at whose end nothing of it is left."""

    def run(
        self, source: TrialSource, plan: "TrainingPlan", scratch: Path, deadline: float | None
    ) -> None:
        """Run trials until the source has no more.

        Args:
            source: The search.
            plan: What all trials have in common.
            scratch: A folder for what is needed only while it runs.
            deadline: The `time.monotonic` at which the source ends its trials; what still runs a
                little later may be cut off.

        Raises:
            OSError: The disk is full.
        """


def timed_out(assignment: Assignment, limit: float) -> TrialResult:
    """Return the end of a trial that took longer than `limit` seconds."""
    reason = f"timed out after {limit:g} s (--trial-timeout)"
    return assignment.ended(Cause.TIMED_OUT, seconds=limit, reason=reason)
