"""The report: while the search is running, made now and then by another process; then the last."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tuner.command_line.commands import report_command
from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

ROOT = Path(__file__).parents[2]
# A new report begins at the earliest so long after the one before, and so many times its duration:
# its process has a low priority, but memory and caches are shared all the same.
SECONDS, TIMES = 60.0, 10.0


class ReportReporter(Reporter):
    """Has ``report.html`` and ``findings.json`` made again when a trial has ended and it is time.

    Drawing takes a second or two, which the driver does not have: workers wait for its answers.
    """

    def search_started(self, record: SearchRecord) -> None:
        """Note the time: the first report is not due yet."""
        super().search_started(record)
        self._began = time.monotonic()
        self._due = self._began + SECONDS
        self._process: subprocess.Popen[bytes] | None = None

    def trial_started(self, trial: Trial) -> None:
        """Look whether a report is done, and when the next one is due."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
            took = time.monotonic() - self._began
            self._due = self._began + max(SECONDS, TIMES * took)

    def trial_ended(self, trial: Trial) -> None:
        """Begin a report, if it is time."""
        self.trial_started(trial)
        if self._process is None and time.monotonic() >= self._due:
            self._began = time.monotonic()
            report = ["tune.py", "--report", str(self.record.run.resolve())]
            self._process = subprocess.Popen(
                ["nice", "-n", "10", sys.executable, *report],
                cwd=ROOT,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A Ctrl-C is for the search.
                start_new_session=True,
            )

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        """Write the last report."""
        from tuner.reporting.report.page import write_report

        self.close()
        try:
            write_report(self.record, findings)
        except Exception as error:
            error.add_note(f"{report_command(self.record.run)} makes it again")
            raise

    def close(self) -> None:
        """Stop a report that is being made."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
