"""Scalars per epoch for each trial, and the HParams dashboard with the declared domains."""

import shutil
from pathlib import Path
from typing import Any

import tensorflow as tf
from keras_tuner import HyperParameters
from keras_tuner.engine import hyperparameters as hp_kinds
from tensorboard.plugins.hparams import api as hp_api

from tuner.objective import Objective
from tuner.trial import Metrics, Status, Trial

# The best epoch's objective, a point a trial. The dashboard shows a metric's last value, and for
# the metrics of single epochs that is the last epoch's, not the best one's.
SCORE = "score"


class EventFolder:
    """The event files of one training.

    What an earlier run of it left there is removed first, so that no curve is drawn twice.
    """

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(folder))

    def hyperparameters(self, values: dict[str, Any], name: str) -> None:
        """Log the values, as one row of the HParams dashboard."""
        with self._writer.as_default():
            hp_api.hparams(values, trial_id=name)

    def scalars(self, metrics: Metrics, step: int) -> None:
        """Log metrics and make them visible at once."""
        with self._writer.as_default():
            for name, value in metrics.items():
                tf.summary.scalar(name, value, step=step)
        self._writer.flush()

    def text(self, name: str, text: str) -> None:
        """Log a text."""
        with self._writer.as_default():
            tf.summary.text(name, text, step=0)

    def picture(self, name: str, png: bytes) -> None:
        """Log a picture, given as a PNG file."""
        with self._writer.as_default():
            tf.summary.image(name, tf.io.decode_png(png, channels=3)[tf.newaxis], step=0)

    def close(self) -> None:
        """Close the files."""
        self._writer.close()


class TensorBoardReporter:
    """Writes a folder of event files a trial under ``tensorboard/``."""

    def __init__(self, folder: Path, space: HyperParameters, objective: Objective) -> None:
        self._folder = folder
        self._open: dict[int, EventFolder] = {}
        _write_domains(folder, space, objective)

    def trial_started(self, trial: Trial) -> None:
        """Open the trial's folder and log its hyperparameters."""
        name = f"trial-{trial.number:04d}"
        self._open[trial.number] = EventFolder(self._folder / name)
        self._open[trial.number].hyperparameters(trial.values, name)
        for step, metrics in enumerate(trial.curve, 1):
            self._open[trial.number].scalars(metrics, step)

    def epoch_reported(self, trial: Trial) -> None:
        """Log the metrics of the trial's last epoch."""
        self._open[trial.number].scalars(trial.curve[-1], trial.epochs)

    def trial_ended(self, trial: Trial) -> None:
        """Log the score or, for a failed trial, the reason; close the trial's files."""
        events = self._open.pop(trial.number)
        if trial.score is not None:
            events.scalars({SCORE: trial.score}, trial.best_epoch or 0)
        if trial.status is Status.FAILED:
            events.text("failed", trial.reason)
        events.close()

    def close(self) -> None:
        """Close the files of trials that are still running."""
        for events in self._open.values():
            events.close()
        self._open.clear()


def _write_domains(folder: Path, space: HyperParameters, objective: Objective) -> None:
    """Write what the HParams dashboard needs to know before the first trial: domains, metrics."""
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        hp_api.hparams_config(
            hparams=[hp_api.HParam(kind.name, _domain(kind)) for kind in space.space],
            metrics=[
                hp_api.Metric(SCORE, display_name=f"best {objective.name}"),
                *(
                    hp_api.Metric(tag, display_name=f"last {tag}")
                    for tag in dict.fromkeys((objective.name, "val_loss", "loss"))
                ),
            ],
        )
    writer.close()


def _domain(kind: Any) -> Any:
    if isinstance(kind, hp_kinds.Float) and kind.step is None:
        return hp_api.RealInterval(kind.min_value, kind.max_value)
    if isinstance(kind, hp_kinds.Int) and kind.step is None:
        return hp_api.IntInterval(kind.min_value, kind.max_value)
    return hp_api.Discrete(list(kind.values))
