"""Begins the trackers' processes with a search, and ends them with it: they do the rest."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tuner.command_line.choices import TRACKERS, load
from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.tracking.follower import PATIENCE
from tuner.tracking.tracker import run_directory
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

ROOT = Path(__file__).parents[2]


class TrackerReporter(Reporter):
    """Has the search followed by the trackers that its options name."""

    def search_started(self, record: SearchRecord) -> None:
        """Begin a process for each, and say where it writes."""
        super().search_started(record)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        names = [name for name in dict.fromkeys(record.options.track) if name in TRACKERS]
        for name in names:
            (record.run / "tracking").mkdir(exist_ok=True)
            print(f"{name}: {load(TRACKERS[name]).place(run_directory(record))}", flush=True)
            self._processes[name] = self._begin(name)

    def trial_started(self, trial: Trial) -> None:
        """Say of a tracker that has failed that it has."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                self._leave_out(name, self._why(name, process))

    def trial_ended(self, trial: Trial) -> None:
        """Likewise."""
        self.trial_started(trial)

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        """Tell the processes, of which each tells its tracker the rest."""
        for process in self._processes.values():
            if process.poll() is None and process.stdin is not None:
                process.stdin.write(state.encode())

    def close(self) -> None:
        """Wait for the processes, but not for ever; without word of an end it was interrupted."""
        deadline = time.monotonic() + PATIENCE
        try:
            for process in self._processes.values():
                if process.stdin is not None:
                    process.stdin.close()
            for name, process in list(self._processes.items()):
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self._leave_out(
                        name, f"had not taken in everything {PATIENCE:g} s after the end"
                    )
                else:
                    if process.returncode:
                        self._leave_out(name, self._why(name, process))
        finally:
            for process in self._processes.values():
                _kill(process)

    def _begin(self, name: str) -> subprocess.Popen[bytes]:
        run = self.record.run
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with open(_log(run, name), "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tuner.tracking", name, str(run)],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # A Ctrl-C is for the search.
                start_new_session=True,
            )

    def _why(self, name: str, process: subprocess.Popen[bytes]) -> str:
        lines = _log(self.record.run, name).read_text("utf-8", "replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"has failed ({last or f'exit status {process.returncode}'})"

    def _leave_out(self, name: str, why: str) -> None:
        _kill(self._processes.pop(name))
        print(
            f"warning: {name} {why} and is left out from here on; the search is not touched by it, "
            f"and tells it the rest when it is resumed (more in {_log(self.record.run, name)})",
            file=sys.stderr,
        )


def _log(run: Path, name: str) -> Path:
    return run / "tracking" / f"{name}.log"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process, and what it has begun itself."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
