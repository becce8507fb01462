"""Ctrl-C and SIGTERM end a search in order: between two of its steps, never within one."""

import functools
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Step = TypeVar("Step", bound=Callable[..., Any])

_within_a_step = False
_pending = False


def handle_interrupts() -> None:
    """Turn Ctrl-C and SIGTERM into `KeyboardInterrupt`.

    `docker stop`, `systemctl stop` and batch systems send SIGTERM.
    """
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def whole(step: Step) -> Step:
    """Make a function a step that is not interrupted; what came meanwhile comes after it.

    An interrupt between the journal and what is made from it would leave the two apart.
    """

    @functools.wraps(step)
    def call(*args: Any, **kwargs: Any) -> Any:
        global _within_a_step, _pending
        if _within_a_step:
            return step(*args, **kwargs)
        _within_a_step = True
        try:
            return step(*args, **kwargs)
        finally:
            _within_a_step = False
            if _pending:
                _pending = False
                raise KeyboardInterrupt

    return call  # type: ignore[return-value]


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _pending
    if _within_a_step:
        _pending = True
    else:
        raise KeyboardInterrupt
