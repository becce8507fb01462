"""What driver and workers say to each other, beside `Assignment`, `EpochReport`, `TrialResult`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LoadPlan:
    """Driver to worker: what all trials have in common lies in this file."""

    path: Path


@dataclass(frozen=True)
class StopTrial:
    """Driver to worker: end this run of a trial after the epoch."""

    number: int
    attempt: int
    fold: int | None = None


@dataclass(frozen=True)
class TrialBegan:
    """Worker to driver: the trial's time begins now; TensorFlow's import is not the trial's."""


@dataclass(frozen=True)
class Artifact:
    """A file of a trial: to the driver, which keeps it, or back from there for a trial to go on."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Lost:
    """In the place of a worker that is no more: why, as far as that is known."""

    reason: str


@dataclass(frozen=True)
class DiskFull:
    """Worker to driver: nothing more can be written, which ends the search and not the trial."""

    error: OSError


@dataclass(frozen=True)
class Alive:
    """Worker to driver, every second: still here, with so many bytes of memory."""

    memory: int
