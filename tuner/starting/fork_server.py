"""Processes that have TensorFlow when they start: forked from one that imports it once for all.

Each import takes seconds of a core and half a gigabyte.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tuner.starting.devices import gpus

ROOT = Path(__file__).parents[2]
PRELOADED = "tuner.starting.preloaded"


def start_fork_server() -> ForkServerContext | None:
    """Return what forks processes that have TensorFlow, from a server that runs or starts now.

    It imports while this process goes on; the first to be forked waits for that. It ends with this
    process.

    Returns:
        None where nothing can be forked: on macOS, whose own libraries do not bear it; with a GPU,
        where it has not been measured; and without a temporary folder for a socket, whose path
        must be short.
    """
    if sys.platform != "linux" or gpus():
        return None
    forkserver.set_forkserver_preload([PRELOADED])
    resource_tracker.ensure_running()  # Where it starts, it lets interrupts be heard again.
    try:
        with _ours_found(), _interrupts_unheard():
            forkserver.ensure_running()
    except OSError:
        return None
    return multiprocessing.get_context("forkserver")


@contextmanager
def _ours_found() -> Iterator[None]:
    """Let a new Python find this project's modules, wherever it is, and no others of their names.

    The standard library passes its path on to the processes of a server, not to the server.
    """
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    wanted = {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


@contextmanager
def _interrupts_unheard() -> Iterator[None]:
    """Let a new process inherit that it does not hear Ctrl-C, which is for the driver."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
