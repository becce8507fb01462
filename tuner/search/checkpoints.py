"""The models of the best few trials; those that fall behind are removed."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from tuner.trials.ending import Status
from tuner.trials.history import History
from tuner.trials.trial import Trial

KEPT = 3


def checkpoint_path(folder: Path, number: int) -> Path:
    """Return where the model of a trial is kept."""
    return folder / f"trial-{number:04d}.keras"


def progress_path(folder: Path, number: int, fold: int | None = None) -> Path:
    """Return where a running trial, or a fold of one, is saved now and then."""
    part = "" if fold is None else f"-fold-{fold}"
    return folder / "running" / f"trial-{number:04d}{part}.npz"


def saved_epochs(folder: Path, number: int, fold: int | None = None) -> int:
    """Return after how many epochs an interrupted trial was last saved; 0 if it was not."""
    path = progress_path(folder, number, fold)
    try:
        with np.load(path) as saved:
            return int(saved["epochs"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, BadZipFile):
        path.unlink()  # Damaged: the trial starts again.
        return 0


class Checkpoints:
    """Decides which trials keep their model, and where interrupted ones go on.

    Args:
        folder: Where the models are.
        history: The search's trials. Models that an interrupted run left and nobody ranks any
            more are removed at once.
    """

    def __init__(self, folder: Path, history: History) -> None:
        self._folder = folder
        self._objective = history.objective
        self._best = history.ranking()[:KEPT]
        running = {
            progress_path(folder, trial.number, fold)
            for trial in history.trials.values()
            if trial.status is Status.RUNNING
            for fold in (None, *trial.folds)
        }
        for path in {*folder.glob("running/*"), *folder.glob(".tmp-*")} - running:
            path.unlink()
        kept = {checkpoint_path(folder, trial.number) for trial in self._best}
        for path in folder.glob("trial-*.keras"):
            if path not in kept:
                path.unlink()

    def epochs_to_resume(self, run: Trial, fold: int | None = None) -> int:
        """Return after how many epochs an interrupted trial, or a fold of one, will go on.

        What was saved after an epoch that nobody heard of is of no use: its curve would have a gap.
        """
        epochs = saved_epochs(self._folder, run.number, fold)
        if epochs <= run.epochs:
            return epochs
        self.run_ended(run.number, fold)
        return 0

    def score_to_beat(self) -> float | None:
        """Return the score that a model must beat to be kept; None while there is room."""
        return self._best[-1].score if len(self._best) == KEPT else None

    def run_ended(self, number: int, fold: int | None) -> None:
        """Remove what a trial, or a fold of one, was saved in while it ran."""
        progress_path(self._folder, number, fold).unlink(missing_ok=True)

    def trial_ended(self, trial: Trial) -> None:
        """Rank a trial that has ended, and remove the model that no longer counts."""
        for fold in (None, *trial.folds):
            self.run_ended(trial.number, fold)
        if trial.status is not Status.COMPLETED:
            return
        ranked = [*self._best, trial]
        ranked.sort(key=lambda t: (self._objective.sort_key(t.score), t.number))
        self._best = ranked[:KEPT]
        for fallen in ranked[KEPT:]:
            checkpoint_path(self._folder, fallen.number).unlink(missing_ok=True)

    def discard(self, trial: Trial) -> None:
        """Remove what a trial has saved that does not count any more."""
        for fold in (None, *trial.folds):
            self.run_ended(trial.number, fold)
        checkpoint_path(self._folder, trial.number).unlink(missing_ok=True)
