"""Files that trials make and others fetch: models, and the state of interrupted trainings.

Trials know them by name alone, so that the process that trains need not share a disk with the
driver.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tuner.storage.files import written_beside


class Artifacts(Protocol):
    """Named files, as trials see them. Names have an ending, and may have a folder:
    ``running/a.npz``."""

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Store what `write` writes to the path that it is given, whole or not at all.

        Raises:
            OSError: There is no room for it.
        """

    def get(self, name: str) -> AbstractContextManager[Path | None]:
        """Lend a file to read, for as long as the context lasts; None when there is none."""


class ArtifactStore(Artifacts, Protocol):
    """All files of a search, as its driver sees them."""

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""

    def names(self) -> list[str]:
        """Return the names of all files."""


@dataclass(frozen=True)
class ArtifactFolder:
    """Artifacts in a folder that all processes see."""

    folder: Path

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_beside(path) as beside:
            write(beside)

    @contextmanager
    def get(self, name: str) -> Iterator[Path | None]:
        path = self.folder / name
        yield path if path.exists() else None

    def delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        # What a killed process left half written is among them.
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return sorted(str(path.relative_to(self.folder)) for path in files)


@dataclass(frozen=True)
class Artifact:
    """One file of a store, which may not be there yet: see `Artifacts`."""

    artifacts: Artifacts
    name: str

    def put(self, write: Callable[[Path], object]) -> None:
        self.artifacts.put(self.name, write)

    def get(self) -> AbstractContextManager[Path | None]:
        return self.artifacts.get(self.name)


def model_name(trial: int) -> str:
    """Name the model of a trial."""
    return f"trial-{trial:04d}.keras"


def progress_name(trial: int, fold: int | None = None) -> str:
    """Name the file in which a running trial, or a fold of one, is saved now and then."""
    part = "" if fold is None else f"-fold-{fold}"
    return f"running/trial-{trial:04d}{part}.npz"
