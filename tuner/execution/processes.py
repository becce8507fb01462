"""Trials in worker processes on this machine.

A process pool of the standard library breaks whole when one of its workers dies.
"""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tuner.execution.executor import TrialSource, Wanted
from tuner.execution.messages import LoadPlan, Lost
from tuner.execution.pool import Worker, WorkerPool
from tuner.execution.resources import memory_limit, process_settings, worker_count
from tuner.execution.sharing import write_shared
from tuner.execution.worker import work
from tuner.starting.fork_server import start_fork_server
from tuner.starting.process_settings import ProcessSettings

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan


def start(wanted: Wanted) -> "WorkerProcesses":
    """Return as many worker processes as are wanted, or as this machine carries."""
    workers = worker_count(wanted)
    settings = process_settings(workers, deterministic=wanted.deterministic)
    return WorkerProcesses(settings, wanted.trial_timeout, memory_limit(workers))


@dataclass(eq=False, kw_only=True)
class WorkerProcess(Worker):
    """A worker process, as its driver sees it."""

    process: BaseProcess
    connection: Connection
    settings: ProcessSettings

    def tell(self, message: Any) -> None:
        try:
            self.connection.send(message)
        except OSError:  # Shows at the next look at the process.
            self.process.kill()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class WorkerProcesses(WorkerPool[WorkerProcess]):
    """Worker processes, for which TensorFlow is imported while the driver imports it.

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
        super().__init__(trial_timeout, memory_limit)
        self._plan_path: Path | None = None
        self._settings = settings
        # Asked before this process turns away from the GPUs.
        self._forks = start_fork_server() is not None
        if not self._forks:
            self.workers = [self._start(one) for one in settings]

    def __enter__(self) -> Self:
        super().__enter__()
        if not self.workers:  # Forked: sooner, one would wait for the server.
            self.workers = [self._start(one) for one in self._settings]
        return self

    def run(
        self, source: TrialSource, plan: "TrainingPlan", scratch: Path, deadline: float | None
    ) -> None:
        """See `Executor`.

        Raises:
            OSError: The disk is full.
            InputError: Worker processes cannot be started.
        """
        self._plan_path = scratch / "plan"
        try:
            write_shared(self._plan_path, plan)
            for worker in self.workers:
                worker.tell(LoadPlan(self._plan_path))
            self._work_off(source, deadline)
        finally:
            self._plan_path.unlink(missing_ok=True)

    def _listen(self) -> Iterator[tuple[WorkerProcess, Any]]:
        by_connection = {worker.connection: worker for worker in self.workers}
        for connection in wait(list(by_connection), timeout=1.0):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                worker.process.join(timeout=10)
                message = Lost(_cause_of_death(worker.process.exitcode))
            yield worker, message

    def _start(self, settings: ProcessSettings) -> WorkerProcess:
        ours, theirs = multiprocessing.Pipe()
        process = self._process(theirs, settings)
        theirs.close()
        worker = WorkerProcess(process=process, connection=ours, settings=settings)
        if self._plan_path is not None:
            worker.tell(LoadPlan(self._plan_path))
        return worker

    def _process(self, driver: Connection, settings: ProcessSettings) -> BaseProcess:
        forks = start_fork_server() if self._forks else None
        context = forks or multiprocessing.get_context("spawn")
        process = context.Process(target=work, args=(driver, settings), daemon=True)
        try:
            process.start()
        except (EOFError, OSError):
            if forks is None:
                raise
            self._forks = False  # The server was killed, or fails.
            return self._process(driver, settings)
        return process

    def _replace(self, worker: WorkerProcess) -> None:
        worker.end()
        self.workers[self.workers.index(worker)] = self._start(worker.settings)

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.end()


def _cause_of_death(exit_code: int | None) -> str:
    if exit_code == -9:
        return "its worker was killed (signal 9: by the system when memory runs out, or by hand)"
    if exit_code is not None and exit_code < 0:
        return f"its worker was killed by signal {-exit_code}"
    return f"its worker ended with exit code {exit_code}"
