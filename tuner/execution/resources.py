"""What this machine carries: how many trials at once, with how many threads, on which GPU."""

import os

from data.large_arrays import all_memory, free_memory
from tuner.execution.executor import Wanted
from tuner.starting.devices import gpus
from tuner.starting.process_settings import ProcessSettings

# What a worker with a small model takes, TensorFlow itself included.
WORKER_BYTES = 1.5 * 1024**3
# Suggestions learn from trials that have ended: rounds of trials at once, at the least.
ROUNDS = 4


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes_here() -> int:
    """Return how many processes may train at once without a GPU: one a core with memory for it."""
    return max(1, min(cores(), int(free_memory() / WORKER_BYTES)))


def worker_count(wanted: Wanted, places: int | None = None) -> int:
    """Return how many trials to run at once.

    Args:
        wanted: What the search asks for.
        places: How many there is room for; None: on this machine, one a GPU, else one a core with
            memory for it.
    """
    if wanted.workers is not None:
        return wanted.workers
    if places is None:
        places = len(gpus()) or processes_here()
    return max(1, min(places, wanted.at_once or places, wanted.trainings // ROUNDS))


def process_settings(workers: int, *, deterministic: bool) -> list[ProcessSettings]:
    """Divide cores and GPUs among workers.

    In a deterministic search a worker has one thread whatever their number, since sums depend on
    how they are divided among threads.
    """
    threads = None if workers == 1 else max(1, cores() // workers)
    if deterministic:
        threads = 1
    devices = gpus()
    return [
        ProcessSettings(threads, devices[index % len(devices)] if devices else None, deterministic)
        for index in range(workers)
    ]


def memory_limit(workers: int) -> float:
    """Return the bytes beyond which a worker is replaced: its share of most of the memory."""
    return 0.8 * all_memory() / workers
