"""An interrupted trial goes on where it was last saved, to the very end it would have had."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tuner.command_line.options import SearchOptions
from tuner.search.checkpoints import Checkpoints
from tuner.setup.preparation import prepare
from tuner.storage.artifacts import ArtifactFolder, Artifacts, progress_name
from tuner.training import compiled, in_memory, progress
from tuner.training.epoch import Data, Epoch, Logs, Steps, compile_epoch
from tuner.training.run_trial import TrainingPlan, run_trial
from tuner.training.xla import RefusedByXlaError
from tuner.trials.events import created_event
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.trial import Assignment, EpochReport, Metrics, TrainingPath, Trial

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


class LentOnce(ArtifactFolder):
    """Lends each file once, as a Ray worker has what came with its trial."""

    lent: ClassVar[set[str]] = set()

    @contextmanager
    def get(self, name: str) -> Iterator[Path | None]:
        there = self.folder / name
        yield there if there.exists() and name not in self.lent else None
        self.lent.add(name)


def test_a_resumed_trial_that_xla_refuses_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[Metrics] = []
    run_trial(Assignment(3, 0, VALUES), plan(tmp_path / "whole"), recorded(whole))
    parts: list[Metrics] = []
    with pytest.raises(Interruption):
        run_trial(Assignment(3, 0, VALUES), plan(tmp_path / "parts"), recorded(parts, 5))

    def refusing(steps: Steps, data: Data) -> Epoch:
        def refuse(*arguments: object, **rates: object) -> Logs:
            raise RefusedByXlaError("no kernel")

        return refuse if "train" in steps.step.__name__ else compile_epoch(steps, data, False)

    monkeypatch.setattr(in_memory, "xla_pays", lambda steps: True)
    monkeypatch.setattr(compiled, "xla_epoch", refusing)
    artifacts = LentOnce(tmp_path / "parts")
    result = run_trial(Assignment(3, 1, VALUES), plan(tmp_path, 3, artifacts), recorded(parts))
    assert result.path == TrainingPath.COMPILED
    assert parts == whole


def test_a_damaged_file_starts_the_trial_again(tmp_path: Path) -> None:
    path = tmp_path / progress_name(0)
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 torn")
    assert saved_epochs(tmp_path, 0, 5) == 0
    assert not path.exists()
