"""What `--executor ray` says where it cannot run. None of it needs Ray; what does is in
`test_ray_workers`."""

import sys

import pytest

from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.execution import start_executor
from tuner.execution.executor import Wanted
from tuner.execution.ray_cluster import remarks


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install -r requirements-ray\.txt"):
        start_executor(SearchOptions(executor="ray", settings={"ray_address": "auto"}))


def wanted(workers: int | None = None, at_once: int | None = 4) -> Wanted:
    return Wanted(workers, 100, at_once, at_once is not None, None)


def test_workers_that_would_idle_are_told_before_the_search() -> None:
    first, warning = remarks(wanted(), 16, 0.0, {"CPU": 16.0})
    assert first == "Ray: room for 16 trials at once; workers: 4"
    assert "--lag 4 lets 4 train at a time: --lag 16, or --no-deterministic, uses all" in warning
    assert remarks(wanted(at_once=None), 16, 0.0, {}) == [
        "Ray: room for 16 trials at once; workers: 16"
    ]


def test_workers_without_a_place_and_gpus_without_use_are_told() -> None:
    first, warning = remarks(wanted(workers=3), 2, 0.0, {"GPU": 2.0})
    assert first.endswith("workers: 3, the rest of which start when nodes join")
    assert "none of the 2 GPUs: --gpus-per-trial 1" in warning
