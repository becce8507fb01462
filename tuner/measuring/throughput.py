"""How many examples a second a model trains on, batch size by batch size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from timeit import repeat, timeit
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data.split import Split
from tuner.training.compiled import compiled
from tuner.training.epoch import NotCompilableError, on_device
from tuner.training.keras_internals import graphs_released

# Trains with a batch size for some steps, and returns when that is done.
Training = Callable[[int, int], Any]

SECONDS = 0.3
TURNS = 3
# A size that gains less than this share of throughput has stopped growing.
GROWTH = 0.1


@dataclass(frozen=True)
class Throughput:
    """What a batch size attains: examples a second; None when it does not fit in memory."""

    batch_size: int
    examples_per_second: float | None


@graphs_released()
def throughputs(model: keras.Model, sample: Split, sizes: Iterable[int]) -> list[Throughput]:
    """Train with one batch size after the other until the next is no faster or does not fit.

    The model is trained on the way, so give one that is not needed afterwards.

    Args:
        model: Compiled.
        sample: Preprocessed examples to train on, over and over.
        sizes: Growing.
    """

    def order(size: int, steps: int) -> np.ndarray:
        return np.resize(np.arange(len(sample)), size * steps)

    def step_by_step(size: int, steps: int) -> None:
        for rows in order(size, steps).reshape(steps, size):
            batch = sample.take(rows)
            model.train_on_batch(batch.x, batch.y)

    try:
        data = on_device((sample.x, sample.y))
        with compiled(model, data, data) as lent:
            return _measured(
                lambda size, steps: lent.train(data, order(size, steps), size)["loss"].numpy(),
                sizes,
            )
    except NotCompilableError:
        return _measured(step_by_step, sizes)


def _measured(train: Training, sizes: Iterable[int]) -> list[Throughput]:
    measured: list[Throughput] = []
    for size in sizes:
        try:
            speed = _examples_per_second(train, size)
        except (MemoryError, tf.errors.ResourceExhaustedError):
            measured.append(Throughput(size, None))
            break
        before = measured[-1].examples_per_second if measured else None
        measured.append(Throughput(size, speed))
        if before is not None and speed < (1 + GROWTH) * before:
            break
    return measured


def proposed_batch_size(measured: list[Throughput]) -> int:
    """Return the smallest batch size whose throughput is next to the best one's."""
    speeds = {one.batch_size: one.examples_per_second or 0.0 for one in measured}
    return min(
        size for size, speed in speeds.items() if speed * (1 + GROWTH) >= max(speeds.values())
    )


def _examples_per_second(train: Training, size: int) -> float:
    """Return the best of some turns: what else the machine does only slows it down."""
    train(size, 1)  # Kernels are chosen and memory is reserved the first time.
    steps, seconds = 1, 0.0
    while seconds < SECONDS:
        steps *= 2
        seconds = timeit(partial(train, size, steps), number=1)
    return (
        size
        * steps
        / min(seconds, *repeat(partial(train, size, steps), number=1, repeat=TURNS - 1))
    )
