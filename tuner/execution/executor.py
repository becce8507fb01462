"""What every executor is, and what it is asked for."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tuner.execution.source import TrialSource

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
