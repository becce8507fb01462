"""A function in a process of its own, which has the machine as a trial would have it."""

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from tuner.starting.process_settings import ProcessSettings, start_tensorflow

Answer = TypeVar("Answer")


def run_apart(
    settings: ProcessSettings, function: Callable[..., Answer], *arguments: Any
) -> Answer:
    """Return what a function returns when it is called in a new process.

    So the answer depends neither on what has run in this process nor on how it uses the machine.

    Args:
        settings: How the process uses the machine.
        function: One that pickles, as must its arguments and its answer.
        arguments: What it is called with.

    Raises:
        Exception: Whatever the function raises.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_start, initargs=(settings,)) as pool:
        return pool.submit(function, *arguments).result()


def _start(settings: ProcessSettings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver.
    start_tensorflow(settings)
