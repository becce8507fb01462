"""The report while the search is running, made now and then by another process."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tuner.trials.trial import Trial

ROOT = Path(__file__).parents[2]
# A new report begins at the earliest so long after the one before, and so many times its duration:
# its process has a low priority, but memory and caches are shared all the same.
SECONDS, TIMES = 60.0, 10.0


class ReportReporter:
    """Has ``report.html`` and ``findings.json`` made again when a trial has ended and it is time.

    Drawing takes a second or two, which the driver does not have: workers wait for its answers.

    Args:
        run: The run directory.
        seconds: The time from the begin of one report to that of the next, at least.
    """

    def __init__(self, run: Path, seconds: float = SECONDS) -> None:
        self._run = run.resolve()
        self._seconds = seconds
        self._began = time.monotonic()
        self._due = self._began + seconds
        self._process: subprocess.Popen[bytes] | None = None

    def trial_started(self, trial: Trial) -> None:
        """Nothing: a report tells of trials that have ended."""
        self._look()

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        """Nothing."""

    def trial_ended(self, trial: Trial) -> None:
        """Begin a report, if it is time."""
        self._look()
        if self._process is None and time.monotonic() >= self._due:
            self._began = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tuner.reporting.report", str(self._run)],
                cwd=ROOT,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A Ctrl-C is for the search.
                start_new_session=True,
            )

    def close(self) -> None:
        """Stop a report that is being made: the search writes the last one itself."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _look(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            self._process = None
            took = time.monotonic() - self._began
            self._due = self._began + max(self._seconds, TIMES * took)
