"""An interrupted trial goes on where it was last saved, to the very end it would have had."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tuner.command_line.options import SearchOptions
from tuner.search.checkpoints import Checkpoints
from tuner.setup.preparation import prepare
from tuner.storage.artifacts import ArtifactFolder, Artifacts, progress_name
from tuner.training import progress
from tuner.training.run_trial import TrainingPlan, run_trial
from tuner.trials.events import created_event
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.trial import Assignment, EpochReport, Metrics, Trial

VALUES = {
    "learning_rate": 0.003,
    "batch_size": 32,
    "depth": 2,
    "width": 32,
    "dropout": 0.3,
    "schedule": "warmup_cosine",
}


class Interruption(BaseException):
    """As the end of a process, nobody handles it."""


@pytest.fixture(autouse=True)
def _save_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(progress, "SHARE_OF_TIME", 0)


def plan(folder: Path, patience: int = 3, artifacts: Artifacts | None = None) -> TrainingPlan:
    prepared = prepare(SearchOptions(dataset="wine", max_epochs=12))
    return TrainingPlan(
        dataset=prepared.dataset,
        build=prepared.build,
        objective=prepared.objective,
        max_epochs=12,
        patience=patience,
        seed=0,
        artifacts=artifacts or ArtifactFolder(folder),
    )


def saved_epochs(folder: Path, number: int, reported: int) -> int:
    """Return after how many epochs a running trial goes on that has reported so many."""
    history = History(Objective("val_accuracy", "max"))
    trial = Trial(number, VALUES, curve=[{"val_accuracy": 0.5}] * reported)
    history.apply(created_event(trial))
    return Checkpoints(ArtifactFolder(folder), history).epochs_to_resume(trial)


def recorded(curve: list[Metrics], stop_after: int | None = None) -> Callable[[EpochReport], bool]:
    def report(epoch: EpochReport) -> bool:
        if stop_after is not None and epoch.epoch > stop_after:
            raise Interruption
        curve.append(epoch.metrics)
        return True

    return report


@pytest.mark.parametrize("interruptions", [[5], [1, 4, 8]])
def test_an_interrupted_trial_ends_as_an_uninterrupted_one(
    tmp_path: Path, interruptions: list[int]
) -> None:
    whole: list[Metrics] = []
    expected = run_trial(Assignment(3, 0, VALUES), plan(tmp_path / "whole"), recorded(whole))
    parts: list[Metrics] = []
    for attempt, after in enumerate(interruptions):
        with pytest.raises(Interruption):
            run_trial(
                Assignment(3, attempt, VALUES), plan(tmp_path / "parts"), recorded(parts, after)
            )
        assert saved_epochs(tmp_path / "parts", 3, after) == after
    last = Assignment(3, len(interruptions), VALUES)
    result = run_trial(last, plan(tmp_path / "parts"), recorded(parts))
    assert parts == whole
    assert (result.score, result.best_epoch) == (expected.score, expected.best_epoch)


def test_a_damaged_file_starts_the_trial_again(tmp_path: Path) -> None:
    path = tmp_path / progress_name(0)
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 torn")
    assert saved_epochs(tmp_path, 0, 5) == 0
    assert not path.exists()
