"""A worker process: trains what it is given, one trial after the other, while it has a driver."""

import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psutil

from tuner.execution.messages import Alive, DiskFull, LoadPlan, StopTrial, TrialBegan
from tuner.starting.process_settings import ProcessSettings, start_tensorflow
from tuner.storage.code import Code, code_now, edits, edits_text, revision
from tuner.trials.trial import Assignment, EpochReport

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan

HEARTBEAT_SECONDS = 1.0


class Channel(Protocol):
    """What there is between a worker and its driver: of a `Connection`, as much as is used."""

    def send(self, message: Any, /) -> None:
        """Send a message, without waiting until it is received."""

    def recv(self) -> Any:
        """Wait for a message."""

    def poll(self) -> bool:
        """Tell whether there is a message."""


class Driver:
    """The driver, as a worker sees it."""

    def __init__(self, connection: Channel) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Any) -> None:
        """Send a message; a driver that is gone ends this process, whatever it is doing."""
        try:
            with self._sending:
                self._connection.send(message)
        except OSError:
            os._exit(1)

    def receive(self) -> Any:
        """Wait for a message; None when the driver is gone."""
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            return None

    def report(self, report: EpochReport) -> bool:
        """Pass an epoch on; return whether the trial shall go on, without waiting to be told."""
        self.send(report)
        while self._connection.poll():
            message = self.receive()
            if message is None:
                os._exit(1)
            if message == StopTrial(report.number, report.attempt, report.fold):
                return False
        return True


def work(connection: Connection, settings: ProcessSettings) -> None:
    """Be a worker process: import TensorFlow, then do what the driver says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, who ends us.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    offer_to_the_oom_killer()
    driver = Driver(connection)
    threading.Thread(target=_beat, args=(driver,), daemon=True).start()
    start_tensorflow(settings)
    from tuner.execution.sharing import read_shared

    message = driver.receive()
    if isinstance(message, LoadPlan):
        with suppress(FileNotFoundError):  # The search has ended before it began.
            serve(driver, read_shared(message.path))


def serve(driver: Driver, plan: "TrainingPlan") -> None:
    """Train what the driver gives, until it is gone."""
    from tuner.training.run_trial import run_trial

    edited = _edited(plan.code)
    while (message := driver.receive()) is not None:
        if isinstance(message, Assignment):
            driver.send(TrialBegan())
            try:
                driver.send(replace(run_trial(message, plan, driver.report), code=edited))
            except OSError as error:
                driver.send(DiskFull(error))
            driver.send(Alive(memory_in_use()))


def _edited(code: Code) -> str | None:
    """Return the revision of the code that this process has, if it was edited since the search
    began; None if not. A worker that is replaced imports what there is by then."""
    now = code_now(code)
    if not code or now == code:
        return None
    print(
        f"warning: edited while the search runs: {edits_text(edits(code, now))}; a worker that "
        "begins now trains with it",
        file=sys.stderr,
    )
    return revision(now)


def memory_in_use() -> int:
    """Return the bytes of memory that are this process's own: mapped data are shared."""
    info = psutil.Process().memory_info()
    return int(info.rss - getattr(info, "shared", 0))


def _beat(driver: Driver) -> None:
    stop = threading.Event()
    while not stop.wait(HEARTBEAT_SECONDS):
        driver.send(Alive(memory_in_use()))


def offer_to_the_oom_killer() -> None:
    """Have the system take this process, and leave the driver, when memory runs out."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
