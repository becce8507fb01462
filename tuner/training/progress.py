"""A training that was interrupted goes on where it was, to the same end."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tuner.storage.artifacts import Artifact
from tuner.training.callbacks import KeepBestWeights, Logs, StopWhenStuck
from tuner.training.twins import state

# Saving takes a twentieth of the time at most, and short trials do not save at all.
SECONDS_BETWEEN = 5.0
SHARE_OF_TIME = 20


class Progress(keras.callbacks.Callback):
    """Saves, now and then, all that a training needs to go on after an epoch.

    Whoever resumes must give the epochs the order of examples that they would have had.

    Args:
        saved: The file to save to and to resume from.
        best: The training's best epoch, which is part of what is saved.
        stopping: Likewise its early stopping.
    """

    def __init__(self, saved: Artifact, best: KeepBestWeights, stopping: StopWhenStuck) -> None:
        super().__init__()
        self._saved = saved
        self._best = best
        self._stopping = stopping
        self._next_save = time.monotonic() + SECONDS_BETWEEN
        self._restored: int | None = None

    def restore(self, model: keras.Model) -> int:
        """Bring a model, with its optimizer, to where it was; return how many epochs it had.

        The model of a second call has the state that it had after the first: training has only
        found another way.
        """
        if self._restored is None:
            self._restored = self._read(model)
        return self._restored

    def _read(self, model: keras.Model) -> int:
        best, stopping = self._best, self._stopping
        with self._saved.get() as path:
            if path is None:
                return 0
            with np.load(path) as saved:
                for index, variable in enumerate(state(model)):
                    variable.assign(saved[f"state_{index}"])
                count, score = int(saved["best_weights"]), float(saved["score"])
                best.weights = [saved[f"best_{index}"] for index in range(count)]
                best.score = None if np.isnan(score) else score
                best.epoch, best.loss = int(saved["best_epoch"]), float(saved["best_loss"])
                stopping.best, stopping.wait = float(saved["stopping_best"]), int(saved["wait"])
                return int(saved["epochs"])

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save after an epoch, counted from 0, when it is time."""
        began = time.monotonic()
        if began < self._next_save or self.model.stop_training:
            return
        self._save(epoch + 1)
        ended = time.monotonic()
        self._next_save = ended + max(SECONDS_BETWEEN, SHARE_OF_TIME * (ended - began))

    def _save(self, epochs: int) -> None:
        best, stopping = self._best, self._stopping
        saved: dict[str, Any] = {
            "epochs": epochs,
            "score": np.nan if best.score is None else best.score,
            "best_epoch": best.epoch,
            "best_loss": best.loss,
            "best_weights": len(best.weights),
            "stopping_best": stopping.best,
            "wait": stopping.wait,
        }
        saved |= {f"state_{i}": variable.numpy() for i, variable in enumerate(state(self.model))}
        saved |= {f"best_{i}": weight for i, weight in enumerate(best.weights)}

        def write(path: Path) -> None:
            with open(path, "wb") as file:
                np.savez(file, allow_pickle=False, **saved)

        self._saved.put(write)
