"""Workers that may die, hang or be lost with their machine, and the search that they work off.

Each has a channel of its own and is replaced by itself: only its own trial is lost with it.
"""

import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

from data.errors import InputError
from tuner.execution.executor import TrialSource, timed_out
from tuner.execution.messages import Alive, DiskFull, Lost, StopTrial, TrialBegan
from tuner.starting.quiet import import_tensorflow
from tuner.trials.ending import Cause
from tuner.trials.trial import Assignment, EpochReport, TrialResult

# A worker says every few seconds that it is there; one that is stopped or stuck does not.
SILENCE_SECONDS = 60.0
# So long after the deadline, a trial that has not come to the end of its epoch is cut off.
GRACE_SECONDS = 10.0
# TensorFlow's own memory grows by some megabytes a trial, however well we clean up.
TRIALS_A_WORKER = 100
# Workers that die before their first word point at the machine, not at a trial.
FAILED_STARTS = 3


@dataclass(eq=False)
class Worker(ABC):
    """A worker, as its driver sees it.

    Attributes:
        heard: When it last said something; infinite for one that need not yet.
        ready: It can be given a trial.
    """

    assignment: Assignment | None = None
    began: float = math.inf
    heard: float = field(default_factory=time.monotonic)
    memory: int = 0
    trials: int = 0
    ready: bool = True

    @abstractmethod
    def tell(self, message: Any) -> None:
        """Send a message; that it cannot be delivered shows by itself."""

    @abstractmethod
    def end(self) -> None:
        """End it, whatever it is doing. Nothing is lost: what it has to keep, it has sent."""


SomeWorker = TypeVar("SomeWorker", bound=Worker)


class WorkerPool(ABC, Generic[SomeWorker]):
    """Workers, and what happens to their trials; a context manager, whose end is theirs.

    Args:
        trial_timeout: Seconds after which a trial is stopped as failed; None: never.
        memory_limit: Bytes beyond which a worker is replaced after its trial.
    """

    def __init__(self, trial_timeout: float | None, memory_limit: float = math.inf) -> None:
        self.workers: list[SomeWorker] = []
        self._trial_timeout = trial_timeout
        self._memory_limit = memory_limit
        self._failed_starts = 0

    def __enter__(self) -> Self:
        # The driver trains nothing: the GPUs are the workers'.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        import_tensorflow()
        return self

    @abstractmethod
    def __exit__(self, *error: object) -> None:
        """End all workers."""

    @abstractmethod
    def _listen(self) -> Iterable[tuple[SomeWorker, Any]]:
        """Return what workers say, after waiting for it for a second at most."""

    @abstractmethod
    def _replace(self, worker: SomeWorker) -> None:
        """End a worker and see to it that another one starts."""

    def _give(self, worker: SomeWorker, assignment: Assignment) -> None:
        worker.tell(assignment)

    def _work_off(self, source: TrialSource, deadline: float | None) -> None:
        """Run trials until the source has no more.

        Those in an epoch `GRACE_SECONDS` after the deadline are cut off.

        Raises:
            OSError: The disk is full.
            InputError: Workers cannot be started.
        """
        cut_off = math.inf if deadline is None else deadline + GRACE_SECONDS
        while self._assign(source) or (self._none_ready() and time.monotonic() < cut_off):
            source.prepare()
            for worker, message in self._listen():
                if worker in self.workers:
                    worker.heard = time.monotonic()
                    self._take(worker, message, source)
            for worker in list(self.workers):
                self._look_after(worker, source, cut_off)

    def _assign(self, source: TrialSource) -> bool:
        """Give every idle worker a trial; return whether any trial runs."""
        for worker in self.workers:
            if worker.ready and worker.assignment is None:
                assignment = source.next_trial()
                if assignment is None:
                    break
                worker.assignment, worker.began = assignment, math.inf
                self._give(worker, assignment)
        return any(worker.assignment is not None for worker in self.workers)

    def _none_ready(self) -> bool:
        """Tell whether there is nobody yet for whom to ask for a trial."""
        return not any(worker.ready for worker in self.workers)

    def _take(self, worker: SomeWorker, message: Any, source: TrialSource) -> None:
        if isinstance(message, Alive):
            worker.memory, worker.ready = message.memory, True
            self._failed_starts = 0
        elif isinstance(message, TrialBegan):
            worker.began = worker.heard
        elif isinstance(message, EpochReport):
            if not source.report_epoch(message):
                worker.tell(StopTrial(message.number, message.attempt, message.fold))
        elif isinstance(message, TrialResult):
            worker.assignment = None
            worker.trials += 1
            source.end_trial(message)
        elif isinstance(message, DiskFull):
            raise message.error
        elif isinstance(message, Lost):
            self._bury(worker, message.reason, source)

    def _bury(self, worker: SomeWorker, reason: str, source: TrialSource) -> None:
        """Replace a worker that is lost, and give its trial back."""
        if worker.trials == 0:
            self._failed_starts += 1
            if self._failed_starts > FAILED_STARTS * len(self.workers):
                raise InputError(f"workers do not start: {reason}")
        self._replace(worker)
        if worker.assignment is not None:
            source.lose_trial(worker.assignment, reason)

    def _look_after(self, worker: SomeWorker, source: TrialSource, cut_off: float) -> None:
        """End what takes too long: a trial past a limit, a worker that says nothing."""
        now, assignment = time.monotonic(), worker.assignment
        if now - worker.heard > SILENCE_SECONDS:
            self._replace(worker)
            if assignment is not None:
                reason = f"its worker said nothing for {SILENCE_SECONDS:.0f} s"
                source.lose_trial(assignment, reason)
        elif assignment is None:
            if worker.trials >= TRIALS_A_WORKER or worker.memory > self._memory_limit:
                self._replace(worker)
        elif self._trial_timeout is not None and now - worker.began > self._trial_timeout:
            self._replace(worker)
            source.end_trial(timed_out(assignment, self._trial_timeout))
        elif now > cut_off:
            self._replace(worker)
            source.end_trial(_cut_off(assignment, max(0.0, now - worker.began)))


def _cut_off(assignment: Assignment, seconds: float) -> TrialResult:
    reason = "cut off within an epoch at the time limit"
    return assignment.ended(Cause.CUT_OFF, seconds=seconds, reason=reason)
