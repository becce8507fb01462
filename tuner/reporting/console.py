"""The search in the terminal: a live display, plain lines where there is no terminal."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from tuner.trials.ending import Status
from tuner.trials.history import History
from tuner.trials.trial import TrainingPath, Trial

PATHS = {
    TrainingPath.COMPILED: "data in memory, each epoch one compiled call",
    TrainingPath.PLAIN: "data in memory, Keras's plain fit",
    TrainingPath.STREAMED: "data streamed, Keras's plain fit",
}
MARKS = {Status.COMPLETED: "✓", Status.PRUNED: "✂", Status.FAILED: "✗"}


class ConsoleReporter:
    """Shows trials done, a line for each running trial, the best so far, and the time left.

    Args:
        console: Where to.
        history: The trials so far.
        max_trials: How many there will be.
        max_epochs: The most epochs of a trial, of all its folds together.
        memory: Returns the bytes that all processes of the search take.
    """

    def __init__(
        self,
        console: Console,
        history: History,
        max_trials: int,
        max_epochs: int,
        memory: Callable[[], int],
    ) -> None:
        self._console = console
        self._history = history
        self._max_trials = max_trials
        self._max_epochs = max_epochs
        self._memory = memory
        self._began = time.monotonic()
        self._ended_before = history.ended()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._all = self._progress.add_task(
            "trials", total=max_trials, completed=self._ended_before, note=""
        )
        self._running: dict[int, TaskID] = {}
        self._path: TrainingPath | None = None
        self._live = Live(self._progress, console=console, refresh_per_second=4, transient=True)
        if console.is_terminal:
            self._live.start()

    def trial_started(self, trial: Trial) -> None:
        """Add a bar for the trial's epochs."""
        self._running[trial.number] = self._progress.add_task(
            f"trial {trial.number}", total=self._max_epochs, note=values_text(trial)
        )

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        """Move the trial's bar."""
        self._progress.update(self._running[trial.number], completed=trial.epochs_of_folds)

    def trial_ended(self, trial: Trial) -> None:
        """Print a line for the trial, the way it was trained if that is news, and the time left."""
        if trial.path not in (None, self._path):
            self._path = trial.path
            self._console.print(f"Training: {PATHS[self._path]}", soft_wrap=True)
        self._progress.remove_task(self._running.pop(trial.number))
        line = trial_line(trial, self._history, self._max_trials)
        if self._console.is_terminal:  # A line a trial; the values in full are in trials.csv.
            self._console.print(line, no_wrap=True, overflow="ellipsis")
        else:
            self._console.print(line, soft_wrap=True)
        self._progress.update(self._all, completed=self._history.ended(), note=self._status())

    def close(self) -> None:
        """Take the live display away."""
        self._live.stop()

    def _status(self) -> str:
        done = self._history.ended() - self._ended_before
        left = self._max_trials - self._history.ended()
        seconds = (time.monotonic() - self._began) / done * left
        best = self._history.best
        facts = [
            f"best {best.score:.4f}" if best is not None else "none completed",
            f"{60 * done / (time.monotonic() - self._began):.1f} trials/min",
            f"{self._memory() / 1024**3:.1f} GB",
            f"about {duration_text(seconds)} left",
        ]
        return " · ".join(facts)


def trial_line(trial: Trial, history: History, max_trials: int) -> Text:
    """Return one line on an ended trial: number, score or reason, epochs, time, values."""
    best = history.best is trial
    head = f"{MARKS[trial.status]} {history.ended():>3}/{max_trials} trial {trial.number:>3}"
    if trial.score is None:
        line = f"{head}  {trial.status}  {trial.reason}  {values_text(trial)}"
        return Text(line, style="red" if trial.status is Status.FAILED else "")
    score = f"{history.objective.name} {score_text(trial)}{' *best*' if best else '':7}"
    facts = f"epoch {trial.best_epoch:>2} of {trial.epochs:>2}  {duration_text(trial.seconds):>6}"
    return Text(f"{head}  {score}  {facts}  {values_text(trial)}", style="bold" if best else "")


def score_text(trial: Trial) -> str:
    """Return a trial's score; of a cross-validated one with the spread of so many folds."""
    if trial.score_std is None:
        return f"{trial.score:.4f}"
    return f"{trial.score:.4f} ± {trial.score_std:.4f} ({len(trial.fold_scores)} folds)"


def values_text(trial: Trial) -> str:
    """Return a trial's values on one line, numbers with four digits."""
    return " ".join(f"{name}={value_text(value)}" for name, value in trial.values.items())


def value_text(value: object) -> str:
    """Return a value as people write it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration_text(seconds: float) -> str:
    """Return a duration in the two largest units that matter: ``1h05m``, ``3m20s``, ``4.2s``."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
