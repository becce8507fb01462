"""The search in the terminal: a live display, plain lines where there is no terminal."""

import time
from collections.abc import Sequence
from contextlib import suppress

import psutil
from rich import get_console
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

from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.reporting.summary import closing_summary
from tuner.reporting.wording import duration_text, score_text, values_text
from tuner.trials.ending import Status
from tuner.trials.history import History
from tuner.trials.record import SearchRecord
from tuner.trials.trial import TrainingPath, Trial

PATHS = {
    TrainingPath.XLA: "data in memory, each epoch one XLA program",
    TrainingPath.COMPILED: "data in memory, each epoch one compiled call",
    TrainingPath.PLAIN: "data in memory, Keras's plain fit",
    TrainingPath.STREAMED: "data streamed, Keras's plain fit",
    TrainingPath.OWN: "by the model's own fit",
}
MARKS = {Status.COMPLETED: "✓", Status.PRUNED: "✂", Status.FAILED: "✗"}

# The memory is looked at so often: it takes 10 ms a process, while workers wait for the driver.
LOOK_SECONDS = 5.0


class ConsoleReporter(Reporter):
    """Shows trials done, a line for each running trial, the best so far, and the time left."""

    def search_started(self, record: SearchRecord) -> None:
        """Begin the live display, if there is a terminal."""
        super().search_started(record)
        self._console = console = get_console()
        self._history, self._max_trials = record.history, record.options.max_trials
        self._began = time.monotonic()
        self._in_use, self._look_again = 0, 0.0
        self._ended_before = len(self._history.ends)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._all = self._progress.add_task(
            "trials", total=self._max_trials, completed=self._ended_before, note=""
        )
        self._running: dict[int, TaskID] = {}
        self._path: TrainingPath | None = None
        self._live = Live(self._progress, console=console, refresh_per_second=4, transient=True)
        if console.is_terminal:
            self._live.start()

    def trial_started(self, trial: Trial) -> None:
        options = self.record.options
        epochs = options.max_epochs * options.trainings
        self._running[trial.number] = self._progress.add_task(
            f"trial {trial.number}", total=epochs, note=values_text(trial)
        )

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
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
        self._progress.update(self._all, completed=len(self._history.ends), note=self._status())

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        """Say what was found and what to do next."""
        self.close()
        if state == "finished":
            print(closing_summary(self.record, findings))

    def close(self) -> None:
        """Take the live display away."""
        self._live.stop()

    def _status(self) -> str:
        done = len(self._history.ends) - self._ended_before
        left = self._max_trials - len(self._history.ends)
        seconds = (time.monotonic() - self._began) / done
        best = self._history.best
        facts = (
            f"best {best.score:.4f}" if best is not None else "none completed",
            f"{60 / seconds:.1f} trials/min",
            f"{self._memory() / 1024**3:.1f} GB",
            f"about {duration_text(seconds * left)} left",
        )
        return " · ".join(facts)

    def _memory(self) -> int:
        if time.monotonic() >= self._look_again:
            self._in_use, self._look_again = memory_in_use(), time.monotonic() + LOOK_SECONDS
        return self._in_use


def memory_in_use() -> int:
    """Return the bytes of memory that this process and its workers take; what they share, once."""
    total, driver = 0, psutil.Process()
    for process in (driver, *driver.children(recursive=True)):
        with suppress(psutil.Error):  # A worker may end meanwhile.
            info = process.memory_full_info()
            total += getattr(info, "pss", info.uss)
    return total


def trial_line(trial: Trial, history: History, max_trials: int) -> Text:
    """Return one line on an ended trial: number, score or reason, epochs, time, values."""
    best = history.best is trial
    head = f"{MARKS[trial.status]} {len(history.ends):>3}/{max_trials} trial {trial.number:>3}"
    if trial.score is None:
        line = f"{head}  {trial.status}  {trial.reason}  {values_text(trial)}"
        return Text(line, style="red" if trial.status is Status.FAILED else "")
    score = f"{history.objective.name} {score_text(trial)}{' *best*' if best else '':7}"
    facts = f"epoch {trial.best_epoch:>2} of {trial.epochs:>2}  {duration_text(trial.seconds):>6}"
    return Text(f"{head}  {score}  {facts}  {values_text(trial)}", style="bold" if best else "")
