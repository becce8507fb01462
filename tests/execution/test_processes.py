"""Worker processes that really die, hang and run out of memory."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from data.errors import InputError
from tests.execution import faulty
from tuner.execution import pool, processes
from tuner.execution.processes import WorkerProcesses
from tuner.search.budget import Budget
from tuner.search.loop import Search
from tuner.starting.process_settings import ProcessSettings
from tuner.storage.journal import read_journal
from tuner.trials.ending import Status
from tuner.trials.history import replayed
from tuner.trials.trial import Trial

ONE_THREAD = ProcessSettings(threads=1)


def run(search: Search, folder: Path, faults: tuple[str, ...], **settings: float) -> None:
    workers = WorkerProcesses([ONE_THREAD] * 2, **settings)  # type: ignore[arg-type]
    with workers:
        workers.run(search, faulty.plan(folder, faults), folder, None)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_fault_is_a_result_and_every_good_trial_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SILENCE_SECONDS", 10.0)
    search = faulty.search(tmp_path, faulty.FAULTS, Budget(trials=30), "random")
    run(search, tmp_path, faulty.FAULTS, trial_timeout=15.0)
    by_fault: dict[str, list[Trial]] = {fault: [] for fault in faulty.FAULTS}
    for trial in search.history.trials.values():
        by_fault[trial.values["fault"]].append(trial)
    assert all(trials for trials in by_fault.values())
    assert {trial.status for trial in by_fault.pop("none")} == {Status.COMPLETED}
    reasons = {
        "raises": "RuntimeError: the layers do not fit (faulty.py:",
        "diverges": "diverged: loss is nan in epoch ",
        "allocates": "out of memory: ",
        "hangs": "timed out after 15 s (--trial-timeout)",
        "dies": "its worker was killed (signal 9",
        "stops answering": "its worker said nothing for 10 s",
    }
    for fault, trials in by_fault.items():
        for trial in trials:
            assert trial.status is Status.FAILED
            assert trial.reason.startswith(reasons[fault])
    # And the journal tells the same story.
    told, damage = replayed(read_journal(tmp_path / "journal.jsonl"), search.history.objective)
    assert damage == []
    assert repr(told.trials) == repr(search.history.trials)  # NaN equals nothing, itself neither.


def test_a_killed_worker_loses_no_trial(tmp_path: Path) -> None:
    faults = ("none",)
    search = faulty.search(tmp_path, faults, Budget(trials=12), "random")
    workers = WorkerProcesses([ONE_THREAD] * 2)
    with workers:
        killer = threading.Thread(target=_kill_when_running, args=(workers, 3))
        killer.start()
        workers.run(search, faulty.plan(tmp_path, faults), tmp_path, None)
        killer.join()
    assert {trial.status for trial in search.history.trials.values()} == {Status.COMPLETED}
    assert len(search.history.trials) == 12
    assert any(trial.attempt > 0 for trial in search.history.trials.values())


def _kill_when_running(workers: WorkerProcesses, trials: int) -> None:
    while workers.workers[0].trials + workers.workers[1].trials < trials:
        time.sleep(0.01)
    for worker in list(workers.workers):
        if worker.process.pid is not None and worker.assignment is not None:
            os.kill(worker.process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_trials_end_at_the_time_limit_with_what_they_have(tmp_path: Path) -> None:
    faults = ("none",)
    deadline = time.monotonic() + 45.0
    search = faulty.search(tmp_path, faults, Budget(10_000, deadline=deadline), "random")
    workers = WorkerProcesses([ONE_THREAD])
    with workers:
        plan = faulty.plan(tmp_path, faults, max_epochs=100_000)
        workers.run(search, plan, tmp_path, deadline)
    (trial,) = search.history.trials.values()
    assert trial.status is Status.COMPLETED
    assert trial.reason == "stopped at the time limit"
    assert 0 < trial.epochs < 100_000
    assert (tmp_path / "checkpoints" / "trial-0000.keras").exists()


def test_a_budget_of_epochs_is_kept(tmp_path: Path) -> None:
    faults = ("none",)
    search = faulty.search(tmp_path, faults, Budget(100, epochs=10), "random")
    run(search, tmp_path, faults)
    # Trials of three epochs: a worker goes on until it hears that it shall not.
    assert 10 <= search.history.epochs < 10 + 2 * 3
    assert search.history.count(Status.RUNNING) == 0


def test_workers_that_cannot_start_are_an_error_and_not_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "work", _die)
    monkeypatch.setattr(pool, "FAILED_STARTS", 1)
    search = faulty.search(tmp_path, ("none",), Budget(trials=3))
    with pytest.raises(InputError, match="do not start: its worker ended with exit code 7"):
        run(search, tmp_path, ("none",))


def _die(*arguments: object) -> None:
    os._exit(7)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    search = faulty.search(tmp_path, ("none",), Budget(trials=2), "random")
    workers = WorkerProcesses([ONE_THREAD])
    with workers:
        workers.run(search, faulty.plan(tmp_path, ("none",)), tmp_path, None)
    assert not workers.workers[0].process.is_alive()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints", "journal.jsonl"]
