"""Ctrl-C and SIGTERM end a search in order: between two of its steps, never within one.

Code that is called may swallow a `KeyboardInterrupt`: Keras has a bare ``except:`` where a graph is
traced. So one counts until whoever ends the work for it says `answered`.
"""

import functools
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Step = TypeVar("Step", bound=Callable[..., Any])

_within_a_step = False
_unanswered = False


def handle_interrupts() -> None:
    """Turn Ctrl-C and SIGTERM into `KeyboardInterrupt`.

    `docker stop`, `systemctl stop` and batch systems send SIGTERM.
    """
    answered()
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def answered() -> None:
    """Say that the work has ended for the interrupts that came: they end nothing that follows."""
    global _unanswered
    _unanswered = False


def unanswered() -> bool:
    """Return whether an interrupt came that nothing has ended for."""
    return _unanswered


def whole(step: Step) -> Step:
    """Make a function a step that is not interrupted; what came meanwhile comes after it.

    An interrupt between the journal and what is made from it would leave the two apart. One that
    was swallowed before comes in place of the step, which would take its traces for an error.
    """

    @functools.wraps(step)
    def call(*args: Any, **kwargs: Any) -> Any:
        global _within_a_step
        if _within_a_step:
            return step(*args, **kwargs)
        _raise_unanswered()
        _within_a_step = True
        try:
            return step(*args, **kwargs)
        finally:
            _within_a_step = False
            _raise_unanswered()

    return call  # type: ignore[return-value]


def _raise_unanswered() -> None:
    if _unanswered:
        raise KeyboardInterrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _unanswered
    _unanswered = True
    if not _within_a_step:
        raise KeyboardInterrupt
