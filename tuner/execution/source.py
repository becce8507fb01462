"""What an executor asks for work and tells about it: the search."""

from typing import Protocol

from tuner.trials.ending import Cause
from tuner.trials.trial import Assignment, EpochReport, TrialResult


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


def timed_out(assignment: Assignment, limit: float) -> TrialResult:
    """Return the end of a trial that took longer than `limit` seconds."""
    reason = f"timed out after {limit:g} s (--trial-timeout)"
    return assignment.ended(Cause.TIMED_OUT, seconds=limit, reason=reason)
