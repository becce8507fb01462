"""Where the epochs of trainings go: to TensorBoard, and to a journal if trackers follow it."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tuner.command_line.interrupts import whole
from tuner.reporting.guard import guarded
from tuner.reporting.tensorboard import EventFolder
from tuner.retraining.choice import Choice
from tuner.storage.files import write_json
from tuner.storage.journal import Event, Journal
from tuner.tracking.tracker_reporter import TrackerReporter
from tuner.training.callbacks import DivergedError
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event, epoch_event, started_event
from tuner.trials.history import History
from tuner.trials.record import SearchRecord
from tuner.trials.trial import EpochReport, Metrics, Trial, TrialResult, Values

Tell = Callable[[Event], None]


class Curve:
    """The curve of one training; a context manager, whose end is the training's.

    Args:
        folder: Where its event files go.
        trial: Its number among the trainings, and its values.
        tell: Takes the events of the journal.
    """

    def __init__(self, folder: Path, trial: Trial, tell: Tell) -> None:
        self._events = EventFolder(folder)
        self._trial, self._tell = trial, tell
        self._began = time.monotonic()
        tell(created_event(trial) | {"name": folder.name})
        tell(started_event(trial, 0))

    @whole
    def scalars(self, metrics: Metrics, epoch: int) -> None:
        """Write down the metrics of an epoch, which is counted from 1."""
        self._events.scalars(metrics, epoch)
        self._tell(epoch_event(EpochReport(self._trial.number, 0, epoch, metrics, 0.0)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.end()
        elif isinstance(error, DivergedError):
            self.end(diverged=str(error))
        else:  # It was interrupted, as far as its curve can say.
            self.close()

    def end(self, diverged: str = "") -> None:
        """Note the training's end, and that it diverged, in these words."""
        self.close()
        result = TrialResult(
            self._trial.number,
            0,
            Cause.DIVERGED if diverged else Cause.FINISHED,
            seconds=time.monotonic() - self._began,
            reason=diverged,
        )
        self._tell(ended_event(self._trial, result))

    def close(self) -> None:
        """Close its files."""
        self._events.close()


class Curves:
    """The curves of all trainings of a call of ``train.py``.

    Args:
        folder: Where their event files go; what is there is removed.
        tell: Takes the events of the journal.
    """

    def __init__(self, folder: Path, tell: Tell = lambda event: None) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder, self._tell, self._count = folder, tell, 0

    def begin(self, name: str, values: Values) -> Curve:
        """Return the curve of a new training with these values."""
        self._count += 1
        return Curve(self._folder / name, Trial(self._count - 1, values), self._tell)


@contextmanager
def open_curves(
    choice: Choice, trackers: Sequence[str], track_model: bool, command: str
) -> Iterator[Curves]:
    """Lend the curves of trainings, which trackers follow.

    Args:
        choice: What is trained.
        trackers: The names of trackers.
        track_model: Whether they are given the model, too.
        command: What was typed.

    Raises:
        OSError: The folder cannot be written.
    """
    folder = choice.folder
    if not trackers:
        yield Curves(folder / "tensorboard")
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "tracking", ignore_errors=True)
    (folder / "journal.jsonl").unlink(missing_ok=True)
    config = choice.prepared.config(command) | {"trains": choice.configuration.origin}
    config["options"] |= {"track": list(trackers), "track_model": track_model}
    write_json(folder / "config.json", config)
    with Journal(folder / "journal.jsonl") as journal:
        reporter = guarded(TrackerReporter())
        try:
            history = History(choice.prepared.objective)
            reporter.search_started(SearchRecord(folder, config, history))
            yield Curves(
                folder / "tensorboard",
                lambda event: journal.append(event | {"time": round(time.time(), 3)}),
            )
            reporter.search_ended([], "finished")
        finally:
            reporter.close()
