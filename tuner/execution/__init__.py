"""Where trials run. `start_executor` chooses."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.execution.processes import WorkerProcesses
from tuner.execution.resources import default_workers, memory_limit, process_settings
from tuner.execution.serial import SerialExecutor
from tuner.execution.source import TrialSource

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan


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

    def memory(self) -> int:
        """Return the bytes of memory that trials use beside this process's own."""


def start_executor(options: SearchOptions) -> Executor:
    """Return the executor that the options ask for.

    Raises:
        InputError: One process cannot run several trials at once.
    """
    workers = options.workers or default_workers(
        options.max_trials * options.trainings, deterministic=options.deterministic
    )
    if options.executor == "serial" and (options.workers or 1) > 1:
        raise InputError(
            f"--executor serial runs one trial at a time, received --workers {workers}: "
            "give --executor processes, or no --workers"
        )
    if options.executor == "serial" or (options.executor is None and workers == 1):
        (alone,) = process_settings(1, deterministic=options.deterministic)
        return SerialExecutor(alone, options.trial_timeout)
    settings = process_settings(workers, deterministic=options.deterministic)
    return WorkerProcesses(settings, options.trial_timeout, memory_limit(workers))
