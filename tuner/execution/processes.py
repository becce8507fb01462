"""Trials in worker processes on this machine, which may die, hang or fill the memory.

A process pool of the standard library breaks whole when one of its workers dies, so each worker has
a channel of its own and is replaced by itself.
"""

import math
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuner.execution.executor import TrialSource, Wanted, timed_out
from tuner.execution.messages import Alive, DiskFull, LoadPlan, StopTrial, TrialBegan
from tuner.execution.process_settings import ProcessSettings
from tuner.execution.quiet import import_tensorflow
from tuner.execution.resources import memory_limit, process_settings, worker_count
from tuner.execution.sharing import write_shared
from tuner.execution.worker import work
from tuner.trials.ending import Cause
from tuner.trials.trial import Assignment, EpochReport, TrialResult

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan

# A worker says every second that it is there; one that is stopped or stuck does not.
SILENCE_SECONDS = 60.0
# So long after the deadline, a trial that has not come to the end of its epoch is cut off.
GRACE_SECONDS = 10.0
# TensorFlow's own memory grows by some megabytes a trial, however well we clean up.
TRIALS_A_WORKER = 100
# Workers that die before their first word point at the machine, not at a trial.
FAILED_STARTS = 3


def start(wanted: Wanted) -> "WorkerProcesses":
    """Return as many worker processes as are wanted, or as this machine carries."""
    workers = worker_count(wanted)
    settings = process_settings(workers, deterministic=wanted.deterministic)
    return WorkerProcesses(settings, wanted.trial_timeout, memory_limit(workers))


@dataclass
class Worker:
    """A worker process, as its driver sees it."""

    process: BaseProcess
    connection: Connection
    settings: ProcessSettings
    assignment: Assignment | None = None
    began: float = math.inf
    heard: float = field(default_factory=time.monotonic)
    memory: int = 0
    trials: int = 0

    def tell(self, message: Any) -> None:
        """Send a message; that it cannot be delivered shows at the next look at the process."""
        try:
            self.connection.send(message)
        except OSError:
            self.process.kill()


class WorkerProcesses:
    """Worker processes that start at once and import TensorFlow while the driver prepares.

    Use as a context manager: its end is theirs.

    Args:
        settings: One for each worker.
        trial_timeout: Seconds after which a trial is stopped as failed; None: never.
        memory_limit: Bytes beyond which a worker is replaced after its trial.
    """

    def __init__(
        self,
        settings: list[ProcessSettings],
        trial_timeout: float | None = None,
        memory_limit: float = float("inf"),
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._trial_timeout = trial_timeout
        self._memory_limit = memory_limit
        self._plan_path: Path | None = None
        self._cut_off: float | None = None
        self._failed_starts = 0
        self.workers = [self._start(one) for one in settings]

    def run(
        self, source: TrialSource, plan: "TrainingPlan", scratch: Path, deadline: float | None
    ) -> None:
        """See `Executor`. Trials in an epoch `GRACE_SECONDS` after the deadline are cut off.

        Raises:
            OSError: The disk is full.
            RuntimeError: Worker processes cannot be started.
        """
        self._plan_path = scratch / "plan"
        self._cut_off = None if deadline is None else deadline + GRACE_SECONDS
        try:
            write_shared(self._plan_path, plan)
            for worker in self.workers:
                worker.tell(LoadPlan(self._plan_path))
            while self._assign(source):
                source.prepare()
                self._listen(source)
                self._look_after(source)
        finally:
            self._plan_path.unlink(missing_ok=True)

    def _assign(self, source: TrialSource) -> bool:
        """Give every idle worker a trial; return whether any trial runs."""
        for worker in self.workers:
            if worker.assignment is None:
                assignment = source.next_trial()
                if assignment is None:
                    break
                worker.assignment, worker.began = assignment, math.inf
                worker.tell(assignment)
        return any(worker.assignment is not None for worker in self.workers)

    def _listen(self, source: TrialSource) -> None:
        """Take in what workers say, for a second at most."""
        by_connection = {worker.connection: worker for worker in self.workers}
        for connection in wait(list(by_connection), timeout=1.0):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker, source)
                continue
            worker.heard = time.monotonic()
            self._take(worker, message, source)

    def _take(self, worker: Worker, message: Any, source: TrialSource) -> None:
        if isinstance(message, Alive):
            worker.memory = message.memory
            self._failed_starts = 0
            if worker.assignment is None and self._worn_out(worker):
                self._replace(worker)
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

    def _worn_out(self, worker: Worker) -> bool:
        return worker.trials >= TRIALS_A_WORKER or worker.memory > self._memory_limit

    def _bury(self, worker: Worker, source: TrialSource) -> None:
        """Replace a worker that has died, and give its trial back."""
        worker.process.join(timeout=10)
        reason = _cause_of_death(worker.process.exitcode)
        assignment = worker.assignment
        if worker.trials == 0:
            self._failed_starts += 1
            if self._failed_starts > FAILED_STARTS * len(self.workers):
                raise RuntimeError(f"worker processes do not start: {reason}")
        self._replace(worker)
        if assignment is not None:
            source.lose_trial(assignment, reason)

    def _look_after(self, source: TrialSource) -> None:
        """End what takes too long: trials past a limit, workers that say nothing."""
        now = time.monotonic()
        for worker in list(self.workers):
            assignment = worker.assignment
            if now - worker.heard > SILENCE_SECONDS:
                self._replace(worker)
                if assignment is not None:
                    reason = f"its worker said nothing for {SILENCE_SECONDS:.0f} s"
                    source.lose_trial(assignment, reason)
            elif assignment is not None and self._overdue(worker, now):
                self._replace(worker)
                source.end_trial(timed_out(assignment, self._trial_timeout or 0.0))
            elif assignment is not None and self._cut_off is not None and now > self._cut_off:
                self._replace(worker)
                source.end_trial(_cut_off(assignment, max(0.0, now - worker.began)))

    def _overdue(self, worker: Worker, now: float) -> bool:
        return self._trial_timeout is not None and now - worker.began > self._trial_timeout

    def _start(self, settings: ProcessSettings) -> Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(theirs, settings), daemon=True)
        process.start()
        theirs.close()
        worker = Worker(process, ours, settings)
        if self._plan_path is not None:
            worker.tell(LoadPlan(self._plan_path))
        return worker

    def _replace(self, worker: Worker) -> None:
        _end(worker)
        self.workers[self.workers.index(worker)] = self._start(worker.settings)

    def __enter__(self) -> Self:
        # The driver trains nothing: the GPUs are the workers'.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        import_tensorflow()
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            _end(worker)


def _end(worker: Worker) -> None:
    # Nothing is lost: what a worker has to keep, it has sent or written.
    worker.process.kill()
    worker.process.join()
    worker.connection.close()


def _cut_off(assignment: Assignment, seconds: float) -> TrialResult:
    reason = "cut off within an epoch at the time limit"
    return assignment.ended(Cause.CUT_OFF, seconds=seconds, reason=reason)


def _cause_of_death(exit_code: int | None) -> str:
    if exit_code == -9:
        return "its worker was killed (signal 9: by the system when memory runs out, or by hand)"
    if exit_code is not None and exit_code < 0:
        return f"its worker was killed by signal {-exit_code}"
    return f"its worker ended with exit code {exit_code}"
