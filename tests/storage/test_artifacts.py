"""Artifacts are whole or absent, and known by name alone: a worker may have another disk."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.training.test_progress import VALUES, Interruption, plan, recorded
from tuner.search.checkpoints import Checkpoints
from tuner.storage.artifacts import ArtifactFolder, model_name, progress_name
from tuner.training import progress
from tuner.training.run_trial import run_trial
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.trial import Assignment, Metrics


def write(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


def test_what_was_put_can_be_had_until_it_is_deleted(tmp_path: Path) -> None:
    artifacts = ArtifactFolder(tmp_path)
    for name in ("a.npz", "running/b.npz"):
        artifacts.put(name, write(name))
        artifacts.put(name, write(f"{name} again"))
    assert artifacts.names() == ["a.npz", "running/b.npz"]
    with artifacts.get("running/b.npz") as path:
        assert path is not None
        assert path.read_text() == "running/b.npz again"
    artifacts.delete("a.npz")
    artifacts.delete("a.npz")
    with artifacts.get("a.npz") as path:
        assert path is None


def test_what_fails_while_it_is_written_leaves_what_was_there(tmp_path: Path) -> None:
    artifacts = ArtifactFolder(tmp_path)
    artifacts.put("a.npz", write("whole"))

    def half(path: Path) -> None:
        path.write_text("ha")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        artifacts.put("a.npz", half)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert (tmp_path / "a.npz").read_text() == "whole"


def test_a_search_removes_what_nobody_ranks_and_nothing_of_others(tmp_path: Path) -> None:
    artifacts = ArtifactFolder(tmp_path)
    for name in (model_name(3), progress_name(3), progress_name(3, 1), "notes.txt", ".tmp-7-a.npz"):
        artifacts.put(name, write(name))
    (tmp_path / ".tmp-7-trial-0003.keras").touch()
    Checkpoints(artifacts, History(Objective("val_loss", "min")))
    assert artifacts.names() == ["notes.txt"]


@dataclass(frozen=True)
class Elsewhere:
    """A store on another machine: what is written here is sent there, and fetched to be read."""

    there: Path
    here: Path

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        local = self.here / Path(name).name
        write(local)
        (self.there / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(local, self.there / name)

    @contextmanager
    def get(self, name: str) -> Iterator[Path | None]:
        if not (self.there / name).exists():
            yield None
            return
        local = Path(shutil.copy(self.there / name, self.here))
        yield local
        local.unlink()

    def delete(self, name: str) -> None:
        (self.there / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        files = [path for path in self.there.rglob("*") if path.is_file()]
        return [str(path.relative_to(self.there)) for path in files]


def test_a_trial_goes_on_and_leaves_its_model_on_a_disk_that_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(progress, "SHARE_OF_TIME", 0)
    there, here = tmp_path / "there", tmp_path / "here"
    here.mkdir()
    whole: list[Metrics] = []
    run_trial(Assignment(3, 0, VALUES), plan(tmp_path / "whole"), recorded(whole))
    apart = plan(tmp_path, artifacts=Elsewhere(there, here))
    parts: list[Metrics] = []
    with pytest.raises(Interruption):
        run_trial(Assignment(3, 0, VALUES), apart, recorded(parts, stop_after=4))
    assert (there / progress_name(3)).exists()
    run_trial(Assignment(3, 1, VALUES), apart, recorded(parts))
    assert parts == whole
    assert (there / model_name(3)).exists()
    assert list(here.iterdir()) == []
