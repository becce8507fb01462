"""Weights & Biases, and trackio, which has the same interface and is all local."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tuner.tracking.tracker import Epoch, Outcome, Subject, Tracker, ending, run_directory
from tuner.trials.ending import Status
from tuner.trials.trial import Trial


class Wandb(Tracker):
    """A group a search; a run for the search and one for each trial. Offline by default."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        import wandb

        self._wandb = wandb
        self._folder = _wandb_folder(run_directory(subject.record))
        # What would lie in the home directory otherwise: a copy of each artifact's files.
        os.environ.setdefault("WANDB_DATA_DIR", str(self._folder / "wandb"))
        self._offline = _wandb_mode() == "offline"
        self._runs: dict[int, Any] = {}

    @classmethod
    def place(cls, run: Path) -> str:
        if (mode := _wandb_mode()) != "offline":
            return f"WANDB_MODE={mode}"
        folder = _wandb_folder(run) / "wandb"
        return f"offline in {folder}; to upload: wandb sync {folder}/offline-run-*"

    def start(self) -> None:
        self._search = self._open(self.subject.name, "search", self.subject.config)

    def start_trial(self, trial: Trial, time: float, known: int) -> int:
        name = self.subject.child(trial.number)
        run = self._runs[trial.number] = self._open(name, "trial", trial.values)
        # Without a server to go on from, a run is written again, whole.
        return max(0, run.step - 1)

    def log(self, trial: Trial, epochs: Sequence[Epoch]) -> None:
        for epoch in epochs:
            self._runs[trial.number].log(epoch.metrics, step=epoch.number)

    def end_trial(self, trial: Trial, time: float) -> None:
        run, said = self._runs.pop(trial.number), ending(trial)
        run.config.update(trial.values, allow_val_change=True)
        run.tags = tuple(said[name] for name in ("status", "cause") if name in said)
        run.summary.update(said)
        run.finish(exit_code=int(trial.status is Status.FAILED))

    def end(self, outcome: Outcome) -> None:
        self._search.notes = outcome.notes
        self._search.summary.update(outcome.numbers)
        if outcome.model is not None:
            artifact = self._wandb.Artifact(self.subject.name, "model")
            artifact.add_file(str(outcome.model))
            self._search.log_artifact(artifact)
        for run in self._runs.values():
            run.finish(exit_code=1)
        self._search.finish(exit_code=int(not outcome.finished))

    def _open(self, name: str, job: str, config: dict[str, Any]) -> Any:
        key = f"{self.subject.key}-{name}"
        if self._offline:
            for earlier in self._folder.glob(f"wandb/offline-run-*-{key}"):
                shutil.rmtree(earlier)
        return self._wandb.init(
            project=os.environ.get("WANDB_PROJECT", self.subject.project),
            group=self.subject.name,
            job_type=job,
            name=name,
            id=key,
            config=config,
            resume="allow",
            reinit="create_new",
            mode=_wandb_mode(),
            dir=str(self._folder),
            # Of this process, which trains nothing, there is nothing to know.
            settings=self._wandb.Settings(
                console="off", x_disable_stats=True, save_code=False, disable_git=True
            ),
        )


def _wandb_mode() -> str:
    return os.environ.get("WANDB_MODE", "offline")


def _wandb_folder(run: Path) -> Path:
    return Path(os.environ.get("WANDB_DIR", run)).absolute()


class Trackio(Tracker):
    """A group a search; a run for the search and one for each trial, known by their names.

    One run at a time is open, so a trial's is opened for each look at the journal.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        os.environ.setdefault("TRACKIO_DIR", str(_trackio_folder(run_directory(subject.record))))
        import trackio

        self._trackio = trackio

    @classmethod
    def place(cls, run: Path) -> str:
        folder = os.environ.get("TRACKIO_DIR", _trackio_folder(run))
        return f"{folder}; to look: TRACKIO_DIR={folder} trackio show"

    def start(self) -> None:
        """What has no numbers yet cannot be written."""

    def start_trial(self, trial: Trial, time: float, known: int) -> int:
        return known

    def log(self, trial: Trial, epochs: Sequence[Epoch]) -> None:
        with self._open(self._name(trial), trial.values) as run:
            for epoch in epochs:
                run.log(epoch.metrics, step=epoch.number)

    def end_trial(self, trial: Trial, time: float) -> None:
        said = ending(trial)
        with self._open(self._name(trial), trial.values | said) as run:
            run.log(_numbers(said), step=trial.epochs)

    def end(self, outcome: Outcome) -> None:
        said = self.subject.config | dict(outcome.numbers) | {"findings": outcome.notes}
        with self._open(self.subject.name, said) as run:
            run.log(_numbers(outcome.numbers), step=outcome.trials)
            if outcome.model is not None:
                self._trackio.log_artifact(outcome.model, name=self.subject.name, type="model")

    def _name(self, trial: Trial) -> str:
        # A project has one run of a name.
        return f"{self.subject.name}-{self.subject.child(trial.number)}"

    @contextmanager
    def _open(self, name: str, config: dict[str, Any]) -> Iterator[Any]:
        """Lend a run; its configuration is written with the first numbers that are logged."""
        yield self._trackio.init(
            project=self.subject.project,
            group=self.subject.name,
            name=name,
            config=config,
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        self._trackio.finish()


def _numbers(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if isinstance(value, int | float)}


def _trackio_folder(run: Path) -> Path:
    return run.absolute().parent / "trackio"
