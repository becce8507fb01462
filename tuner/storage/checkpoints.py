"""The models of the best few trials; those that fall behind are removed."""

from pathlib import Path

from tuner.history import History
from tuner.trial import Trial

KEPT = 3


def checkpoint_path(folder: Path, number: int) -> Path:
    """Return where the model of a trial is kept."""
    return folder / f"trial-{number:04d}.keras"


class Checkpoints:
    """Decides which trials keep their model.

    Args:
        folder: Where the models are.
        history: The search's trials. Models that an interrupted run left and nobody ranks any
            more are removed at once.
    """

    def __init__(self, folder: Path, history: History) -> None:
        self._folder = folder
        self._objective = history.objective
        self._best = history.ranking()[:KEPT]
        kept = {checkpoint_path(folder, trial.number) for trial in self._best}
        for path in folder.glob("trial-*.keras"):
            if path not in kept:
                path.unlink()

    def score_to_beat(self) -> float | None:
        """Return the score that a model must beat to be kept; None while there is room."""
        return self._best[-1].score if len(self._best) == KEPT else None

    def trial_ended(self, trial: Trial) -> None:
        """Rank a trial that has ended, and remove the model that no longer counts."""
        if trial.score is None:
            return
        ranked = [*self._best, trial]
        ranked.sort(key=lambda t: (self._objective.sort_key(t.score or 0.0), t.number))
        self._best = ranked[:KEPT]
        for fallen in ranked[KEPT:]:
            checkpoint_path(self._folder, fallen.number).unlink(missing_ok=True)
