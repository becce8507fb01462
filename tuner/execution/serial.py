"""Trials one after the other, in this process."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from data.errors import InputError
from tuner.execution.executor import TrialSource, Wanted, timed_out
from tuner.execution.resources import process_settings
from tuner.starting.process_settings import ProcessSettings, start_tensorflow
from tuner.trials.trial import Assignment, EpochReport, TrialResult

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan


def start(wanted: Wanted) -> "SerialExecutor":
    """Return an executor for this process.

    Raises:
        InputError: One process cannot run several trials at once.
    """
    if (wanted.workers or 1) > 1:
        raise InputError(
            f"--executor serial runs one trial at a time, received --workers {wanted.workers}: "
            "give --executor processes, or no --workers"
        )
    (alone,) = process_settings(1, deterministic=wanted.deterministic)
    return SerialExecutor(alone, wanted.trial_timeout)


class SerialExecutor:
    """Runs trials in this process. What a trial breaks is broken: no isolation, no way to cut off.

    Args:
        settings: How to use the machine.
        trial_timeout: Seconds after which a trial is stopped as failed, at the end of an epoch.
    """

    def __init__(self, settings: ProcessSettings, trial_timeout: float | None = None) -> None:
        self._settings = settings
        self._trial_timeout = trial_timeout

    def run(
        self, source: TrialSource, plan: "TrainingPlan", scratch: Path, deadline: float | None
    ) -> None:
        """See `Executor`."""
        while (assignment := source.next_trial()) is not None:
            source.end_trial(self._run_trial(assignment, source, plan))

    def _run_trial(
        self, assignment: Assignment, source: TrialSource, plan: "TrainingPlan"
    ) -> TrialResult:
        from tuner.training.run_trial import run_trial

        limit = self._trial_timeout
        began, late = time.monotonic(), False

        def report(epoch: EpochReport) -> bool:
            nonlocal late
            late = limit is not None and time.monotonic() - began > limit
            return source.report_epoch(epoch) and not late

        result = run_trial(assignment, plan, report)
        if late and limit is not None:
            return replace(timed_out(assignment, limit), seconds=result.seconds)
        return result

    def __enter__(self) -> Self:
        start_tensorflow(self._settings)
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to end."""
