"""Reporters that fail, or are slow, neither end a search nor delay it."""

import copy
import queue
import sys
import threading
from functools import partial
from typing import Any

from tuner.reporting.reporter import Reporter
from tuner.storage.files import FULL
from tuner.trials.trial import Trial

# So many seconds a search waits at its end for what a slow reporter has not yet told.
PATIENCE = 30.0
# What a reporter is told.
EVENTS = [name for name, member in vars(Reporter).items() if callable(member)]


def guarded(reporter: Reporter) -> Reporter:
    """Return a reporter that is told in its place: from here, or by a thread of its own."""
    guard = Guard(reporter)
    tell = Queue(guard).tell if reporter.leaves_process else guard.tell
    told = Reporter()
    for event in EVENTS:
        setattr(told, event, partial(tell, event))
    return told


class Guard:
    """Passes everything on until that fails; says so once, and from then on nothing.

    A full disk is the search's own matter: that is passed back.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.name = type(reporter).__name__
        self._reporter: Reporter | None = reporter

    def tell(self, event: str, *arguments: Any) -> None:
        """Call the reporter's method for an event."""
        if self._reporter is None:
            return
        try:
            getattr(self._reporter, event)(*arguments)
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


class Queue:
    """Tells a reporter from a thread of its own, in order; trials as they were at the time."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._events: queue.SimpleQueue[tuple[str, list[Any]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=guard.name, daemon=True)
        self._thread.start()

    def tell(self, event: str, *arguments: Any) -> None:
        """Have an event told; at the close, wait for what is left to tell, but not for ever."""
        now = [_as_it_is(told) if isinstance(told, Trial) else told for told in arguments]
        self._events.put((event, now))
        if event != "close":
            return
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            print(
                f"warning: {self._guard.name} had not told everything {PATIENCE:g} s after the "
                "search; the rest is left out",
                file=sys.stderr,
            )

    def _work(self) -> None:
        event = ""
        while event != "close":
            event, arguments = self._events.get()
            self._guard.tell(event, *arguments)


def _as_it_is(trial: Trial) -> Trial:
    """Return a copy that does not change while the search goes on. Metrics never change."""
    now = copy.copy(trial)
    now.curve = list(trial.curve)
    now.folds = {fold: _as_it_is(run) for fold, run in trial.folds.items()}
    return now
