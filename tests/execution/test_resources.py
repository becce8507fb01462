from pathlib import Path

import psutil
import pytest

from data import large_arrays
from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.execution import resources, start_executor
from tuner.execution.executor import Wanted
from tuner.execution.resources import memory_limit, worker_count


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


@pytest.mark.parametrize("content", ["1000000000\n", "max\n", None])
def test_workers_share_what_a_container_may_have(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "memory.max"
    if content:
        file.write_text(content)
    monkeypatch.setattr(large_arrays, "CONTAINER_LIMIT", file)
    size = int(content) if content and content[0] == "1" else psutil.virtual_memory().total
    assert memory_limit(4) == pytest.approx(0.2 * size)


def test_one_process_does_not_run_several_trials_at_once() -> None:
    with pytest.raises(InputError, match="serial runs one trial at a time, received --workers 3"):
        start_executor(SearchOptions(executor="serial", workers=3))
