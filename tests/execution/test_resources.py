import pytest

from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.execution import resources, start_executor
from tuner.execution.executor import Wanted
from tuner.execution.resources import worker_count


def count(trainings: int, at_once: int | None = None, workers: int | None = None) -> int:
    return worker_count(Wanted(workers, trainings, at_once, True, None))


def test_so_many_trials_run_at_once_as_machine_lag_and_trials_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "gpus", lambda: [str(n) for n in range(16)])
    assert count(100) == 16
    assert count(100, at_once=4) == 4
    assert count(100, at_once=99) == 16
    assert count(12) == 3
    assert count(1) == 1
    assert count(100, at_once=4, workers=7) == 7


def test_one_process_does_not_run_several_trials_at_once() -> None:
    with pytest.raises(InputError, match="serial runs one trial at a time, received --workers 3"):
        start_executor(SearchOptions(executor="serial", workers=3))
