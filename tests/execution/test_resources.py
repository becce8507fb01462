import pytest

from tuner.execution import resources
from tuner.execution.resources import default_workers


def test_so_many_trials_run_at_once_as_machine_lag_and_trials_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "gpus", lambda: [str(n) for n in range(16)])
    assert default_workers(100) == 16
    assert default_workers(100, most=4) == 4
    assert default_workers(100, most=99) == 16
    assert default_workers(12) == 3
    assert default_workers(1) == 1
