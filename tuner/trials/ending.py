"""How a trial ends: what became of it, and by what cause."""

import re
import sysconfig
import traceback
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """What became of a trial, as written in ``trials.csv``."""

    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a trial ended, for programs. Its reason says it to people, with numbers."""

    FINISHED = "finished"  # It stopped early, or had all its epochs.
    BUDGET = "budget"  # The search's time or epochs were spent: it counts with what it had.
    CURVE = "curve"  # Its learning curve had no prospect.
    FOLDS = "folds"  # Its first folds had none.
    CUT_OFF = "cut_off"  # The budget was spent before it had anything that counts.
    DIVERGED = "diverged"
    NO_SCORE = "no_score"  # The objective was never a finite number.
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    WORKER_LOST = "worker_lost"
    EXCEPTION = "exception"

    @property
    def status(self) -> Status:
        """What becomes of a trial by this cause."""
        if self in (Cause.FINISHED, Cause.BUDGET):
            return Status.COMPLETED
        pruned = self in (Cause.CURVE, Cause.FOLDS, Cause.CUT_OFF)
        return Status.PRUNED if pruned else Status.FAILED


# How the reasons began that stood for causes in journals of before there were causes.
_BEGINNINGS = {
    "pruned after": Cause.CURVE,
    "given up after": Cause.FOLDS,
    "diverged": Cause.DIVERGED,
    "out of memory": Cause.OUT_OF_MEMORY,
    "timed out": Cause.TIMED_OUT,
    "its worker": Cause.WORKER_LOST,
}


def cause_of(status: Status, reason: str) -> Cause:
    """Return the cause of an end of which a journal has the status and the reason alone.

    Raises:
        ValueError: A trial cannot end as running.
    """
    if status is Status.RUNNING:
        raise ValueError("a trial cannot end as running")
    if status is Status.COMPLETED:
        return Cause.BUDGET if reason else Cause.FINISHED
    reason = re.sub(r"^fold \d+: ", "", reason)
    told = [cause for beginning, cause in _BEGINNINGS.items() if reason.startswith(beginning)]
    if told and told[0].status is status:
        return told[0]
    if status is Status.PRUNED:
        return Cause.CUT_OFF
    return Cause.NO_SCORE if reason.endswith("was never a finite number") else Cause.EXCEPTION


def described(error: BaseException) -> str:
    """Return an exception on one line: its kind, what it says, and which line of code led to it.

    Code of installed packages is passed over where there is other code.
    """
    frames = traceback.extract_tb(error.__traceback__)
    foreign = ("site-packages", sysconfig.get_path("stdlib"), "<frozen")
    own = [f for f in frames if not any(place in f.filename for place in foreign)]
    frame = (own or frames)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"{type(error).__name__}: {first_line(error)} ({place})"


def first_line(error: BaseException, length: int = 300) -> str:
    """Return what an exception says, on one line: of Keras's that wrap another, what that says."""
    plain = re.sub("\x1b\\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in plain.splitlines() if line.strip()] or ["no message"]
    wraps = lines[0].startswith("Exception encountered when calling") and len(lines) > 1
    line = lines[1] if wraps else lines[0]
    return line if len(line) <= length else line[: length - 1] + "…"
