"""Scalars per epoch for each trial, and the HParams dashboard with the declared domains."""

import io
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api as hp_api
from tensorboard.plugins.scalar.summary import scalar_pb
from tensorboard.plugins.text.summary import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Metrics, Trial

# The best epoch's objective, a point a trial. The dashboard shows a metric's last value, and for
# the metrics of single epochs that is the last epoch's, not the best one's.
SCORE = "score"
# The dashboard has a box to tick for each value of so many, and for more an interval.
MOST_LISTED = 64


class EventFolder:
    """The event files of one training.

    What an earlier run of it left there is removed first, so that no curve is drawn twice. The
    records are TensorBoard's own, without TensorFlow's writer: that takes as long for an epoch as
    a small model does to train it.

    Raises:
        OSError: The folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        name = f"events.out.tfevents.{time.time():.6f}.{os.getpid()}"
        self._file = open(folder / name, "wb")  # noqa: SIM115 (closed by close)
        self._records = RecordWriter(self._file)
        self._write(Event(file_version="brain.Event:2"))

    def scalars(self, metrics: Metrics, step: int) -> None:
        """Log metrics and make them visible at once."""
        summary = Summary()
        for name, value in metrics.items():
            summary.MergeFrom(scalar_pb(name, value))
        self.summary(summary, step)

    def picture(self, name: str, png: bytes) -> None:
        """Log a picture, given as a PNG file."""
        with Image.open(io.BytesIO(png)) as image:
            width, height = image.size
        picture = Summary.Image(width=width, height=height, encoded_image_string=png)
        self.summary(Summary(value=[Summary.Value(tag=name, image=picture)]))

    def summary(self, summary: Summary, step: int = 0) -> None:
        """Log anything that TensorBoard knows, and make it visible at once."""
        self._write(Event(step=step, summary=summary))

    def close(self) -> None:
        self._file.close()

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())
        self._file.flush()


class TensorBoardReporter(Reporter):
    """Writes a folder of event files a trial under ``tensorboard/``."""

    def search_started(self, record: SearchRecord) -> None:
        """Write what the HParams dashboard needs to know before the first trial."""
        super().search_started(record)
        self._folder = record.run / "tensorboard"
        self._open: dict[int, EventFolder] = {}
        _write_domains(self._folder, record)

    def trial_started(self, trial: Trial) -> None:
        """Open the trial's folder and log its hyperparameters."""
        name = f"trial-{trial.number:04d}"
        self._open[trial.number] = events = EventFolder(self._folder / name)
        events.summary(hp_api.hparams_pb(trial.values, trial_id=name))
        for fold, run in [(None, trial), *trial.folds.items()]:
            for step, metrics in enumerate(run.curve, 1):
                events.scalars(_tagged(metrics, fold), step)

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        """Log the metrics of the last epoch, of a fold with the fold in the tags."""
        run = trial if fold is None else trial.folds[fold]
        self._open[trial.number].scalars(_tagged(run.curve[-1], fold), run.epochs)

    def trial_ended(self, trial: Trial) -> None:
        """Log the score, and why the trial ended where there is a reason; close its files.

        Of a cross-validated trial the mean curves are known now, and bear the usual tags.
        """
        events = self._open.pop(trial.number)
        for step, metrics in enumerate(trial.curve if trial.folds else [], 1):
            events.scalars(metrics, step)
        if trial.score is not None:
            events.scalars({SCORE: trial.score}, trial.best_epoch or 0)
        if trial.reason:
            events.summary(text_pb(trial.status.value, trial.reason))
        events.close()

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        """Show the main figures of the report."""
        from tuner.reporting.report.png_pictures import report_pictures

        events = EventFolder(self._folder / "report")
        for name, picture in report_pictures(self.record):
            events.picture(name, picture)
        events.close()

    def close(self) -> None:
        """Close the files of trials that are still running."""
        for events in self._open.values():
            events.close()
        self._open.clear()


def _tagged(metrics: Metrics, fold: int | None) -> Metrics:
    """Return metrics under the names of their curves; a fold's are a group of their own."""
    if fold is None:
        return metrics
    return {f"fold_{fold}/{name}": value for name, value in metrics.items()}


def _write_domains(folder: Path, record: SearchRecord) -> None:
    """Write the domains of the hyperparameters, and which metrics there are."""
    objective = record.objective
    metrics = dict.fromkeys((objective.name, "val_loss", "loss"))
    named: dict[str, list[Hyperparameter]] = {}
    for hyperparameter in record.hyperparameters:
        named.setdefault(hyperparameter.name, []).append(hyperparameter)
    events = EventFolder(folder)
    events.summary(
        hp_api.hparams_config_pb(
            hparams=[hp_api.HParam(name, _domain(all_of_it)) for name, all_of_it in named.items()],
            metrics=[
                hp_api.Metric(SCORE, display_name=f"best {objective.name}"),
                *(hp_api.Metric(tag, display_name=f"last {tag}") for tag in metrics),
            ],
        )
    )
    events.close()


def _domain(named: list[Hyperparameter]) -> Any:
    """Return the values of all hyperparameters of one name; None where they have no common kind."""
    finite = [h for h in named if h.count is not None and h.count <= MOST_LISTED]
    if len(finite) == len(named):
        values = list(dict.fromkeys(value for h in named for value in h.values()))
        return hp_api.Discrete(values) if len(set(map(type, values))) == 1 else None
    ends = [end for h in named for end in (h.low, h.high) if end is not None]
    if len(ends) < 2 * len(named):
        return None
    if all(h.whole for h in named):
        return hp_api.IntInterval(min(ends), max(ends))
    return hp_api.RealInterval(float(min(ends)), float(max(ends)))
