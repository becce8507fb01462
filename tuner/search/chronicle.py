"""What happens in a search: written down first, then counted, then shown."""

import time
from collections.abc import Sequence

from tuner.reporting.reporter import Reporter
from tuner.storage.journal import Event, Journal
from tuner.trials.events import (
    created_event,
    declared_event,
    ended_event,
    epoch_event,
    fold_ended_event,
    started_event,
)
from tuner.trials.history import History
from tuner.trials.trial import EpochReport, Trial, TrialResult, Values


class Chronicle:
    """Tells the journal, then the history, then the reporters.

    What is not written down has not happened.

    Args:
        journal: Where each event goes before it counts.
        history: What an earlier run of this search has left; empty for a new one.
        reporters: What is told of each event.
        code: The revision of the code that trials begin with from now on.
    """

    def __init__(
        self,
        journal: Journal,
        history: History,
        reporters: Sequence[Reporter] = (),
        code: str | None = None,
    ) -> None:
        self.history = history
        self._journal = journal
        self._reporters = reporters
        self._code = code
        self._shown: set[int] = set()

    def created(self, number: int, values: Values) -> Trial:
        """Create a trial."""
        self._record(created_event(Trial(number, values)))
        return self.history.trials[number]

    def started(self, trial: Trial, attempt: int, epochs: int, fold: int | None) -> None:
        """A trial, or a fold of one, begins to train, or goes on after some epochs."""
        self._record(started_event(trial, attempt, epochs, fold, self._code))
        if attempt > 0:
            self._shown.discard(trial.number)
        self._show(trial)

    def epoch(self, report: EpochReport) -> None:
        """A trial, or a fold of one, has finished an epoch."""
        if report.late is not None:
            self._record(declared_event(report, report.late))
        # A resumed search can do without its last epochs.
        self._record(epoch_event(report), durable=False)
        for reporter in self._reporters:
            reporter.epoch_reported(self.history.trials[report.number], report.fold)

    def fold_ended(self, result: TrialResult) -> None:
        """A fold is over."""
        self._record(fold_ended_event(result))

    def ended(self, trial: Trial, result: TrialResult) -> None:
        """A trial is over."""
        self._show(trial)
        self._record(ended_event(trial, result))
        for reporter in self._reporters:
            reporter.trial_ended(trial)

    def _show(self, trial: Trial) -> None:
        """Show the reporters a trial before anything else of it."""
        if trial.number not in self._shown:
            self._shown.add(trial.number)
            for reporter in self._reporters:
                reporter.trial_started(trial)

    def _record(self, event: Event, *, durable: bool = True) -> None:
        event["time"] = round(time.time(), 3)
        self._journal.append(event, durable=durable)
        self.history.apply(event)
