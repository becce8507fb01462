"""The models of the best few trials, and where interrupted trials go on."""

import re
from zipfile import BadZipFile

import numpy as np

from tuner.storage.artifacts import ArtifactStore, model_name, progress_name
from tuner.trials.ending import Status
from tuner.trials.history import History
from tuner.trials.trial import Trial

KEPT = 3
# Whatever else somebody puts there is left alone.
OURS = re.compile(r"(running/)?(\.tmp-.*|trial-\d+.*\.(keras|npz))")


class Checkpoints:
    """Decides which trials keep their model; removes what is of no use any more.

    Args:
        artifacts: Where the models are. What an interrupted search left there and nobody ranks
            any more is removed at once.
        history: The search's trials.
        code: The revision of the code that trials run with; what another has saved is of no use.
    """

    def __init__(self, artifacts: ArtifactStore, history: History, code: str | None = None) -> None:
        self._artifacts = artifacts
        self._code = code
        self._objective = history.objective
        self._best = history.ranking()[:KEPT]
        running = [t for t in history.trials.values() if t.status is Status.RUNNING]
        used = {model_name(trial.number) for trial in self._best}
        used |= {progress_name(t.number, fold) for t in running for fold in (None, *t.folds)}
        for name in artifacts.names():
            if name not in used and OURS.fullmatch(name):
                artifacts.delete(name)

    def epochs_to_resume(self, run: Trial, fold: int | None = None) -> int:
        """Return after how many epochs an interrupted trial, or a fold of one, will go on.

        What was saved after an epoch that nobody heard of is of no use: its curve would have a gap.
        """
        epochs = self._saved_epochs(progress_name(run.number, fold))
        same_code = run.code in (None, self._code)
        if epochs is None or (epochs <= run.epochs and same_code):
            return epochs or 0
        self.run_ended(run.number, fold)
        return 0

    def _saved_epochs(self, name: str) -> int | None:
        with self._artifacts.get(name) as path:
            if path is None:
                return None
            try:
                with np.load(path) as saved:
                    return int(saved["epochs"])
            except (OSError, ValueError, KeyError, BadZipFile):
                pass
        self._artifacts.delete(name)  # Damaged: the trial starts again.
        return None

    def score_to_beat(self) -> float | None:
        """Return the score that a model must reach to be kept; None while there is room."""
        return self._best[-1].score if len(self._best) == KEPT else None

    def run_ended(self, number: int, fold: int | None) -> None:
        """Remove what a trial, or a fold of one, was saved in while it ran."""
        self._artifacts.delete(progress_name(number, fold))

    def trial_ended(self, trial: Trial) -> None:
        """Rank a trial that has ended, and remove the model that no longer counts."""
        for fold in (None, *trial.folds):
            self.run_ended(trial.number, fold)
        if trial.status is not Status.COMPLETED:
            return
        ranked = [*self._best, trial]
        ranked.sort(key=self._objective.rank)
        self._best = ranked[:KEPT]
        for fallen in ranked[KEPT:]:
            self._artifacts.delete(model_name(fallen.number))

    def drop_late(self, trial: Trial) -> None:
        """Remove what a run has saved after its trial was ended from here, if it was."""
        if trial.status is Status.PRUNED or (trial.folds and trial.status is not Status.RUNNING):
            for fold in (None, *trial.folds):
                self.run_ended(trial.number, fold)
            self._artifacts.delete(model_name(trial.number))
