"""Reporters that fail, or are slow, neither end a search nor delay it."""

import copy
import queue
import sys
import threading
from collections.abc import Sequence
from typing import Any

from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.storage.files import FULL
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

# So many seconds a search waits at its end for what a slow reporter has not yet told.
PATIENCE = 30.0


def guarded(reporter: Reporter) -> Reporter:
    """Return a reporter that is told in its place: from here, or by a thread of its own."""
    guard = Guard(reporter)
    return Queue(guard) if reporter.leaves_process else guard


class Guard(Reporter):
    """Passes everything on until that fails; says so once, and from then on nothing.

    A full disk is the search's own matter: that is passed back.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.name = type(reporter).__name__
        self._reporter: Reporter | None = reporter

    def search_started(self, record: SearchRecord) -> None:
        self._tell("search_started", record)

    def trial_started(self, trial: Trial) -> None:
        self._tell("trial_started", trial)

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        self._tell("epoch_reported", trial, fold)

    def trial_ended(self, trial: Trial) -> None:
        self._tell("trial_ended", trial)

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        self._tell("search_ended", findings, state)

    def close(self) -> None:
        self._tell("close")

    def _tell(self, method: str, *arguments: Any) -> None:
        if self._reporter is None:
            return
        try:
            getattr(self._reporter, method)(*arguments)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            self._reporter = None
            advice = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
            print(
                f"warning: {self.name} failed ({type(error).__name__}: {error}) and is left out "
                f"from here on; the search is not touched by it{advice}",
                file=sys.stderr,
            )


class Queue(Reporter):
    """Tells a reporter from a thread of its own, in order; trials as they were at the time."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._calls: queue.SimpleQueue[tuple[str, tuple[Any, ...]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=guard.name, daemon=True)
        self._thread.start()

    def search_started(self, record: SearchRecord) -> None:
        self._calls.put(("search_started", (record,)))

    def trial_started(self, trial: Trial) -> None:
        self._calls.put(("trial_started", (_as_it_is(trial),)))

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        self._calls.put(("epoch_reported", (_as_it_is(trial), fold)))

    def trial_ended(self, trial: Trial) -> None:
        self._calls.put(("trial_ended", (_as_it_is(trial),)))

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        self._calls.put(("search_ended", (findings, state)))

    def close(self) -> None:
        """Wait for what is left to tell, but not for ever."""
        self._calls.put(("close", ()))
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            print(
                f"warning: {self._guard.name} had not told everything {PATIENCE:g} s after the "
                "search; the rest is left out",
                file=sys.stderr,
            )

    def _work(self) -> None:
        method = ""
        while method != "close":
            method, arguments = self._calls.get()
            getattr(self._guard, method)(*arguments)


def _as_it_is(trial: Trial) -> Trial:
    """Return a copy that does not change while the search goes on. Metrics never change."""
    now = copy.copy(trial)
    now.curve = list(trial.curve)
    now.folds = {fold: _as_it_is(run) for fold, run in trial.folds.items()}
    return now
