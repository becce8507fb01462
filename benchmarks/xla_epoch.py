"""What an epoch as one XLA program gains over the compiled loop, and what it costs beforehand.

    python -m benchmarks.xla_epoch

Both train `mlp` on digits, one after the other, with one thread, as a worker of a deterministic
search has; the figures are what the first epoch takes, with tracing and compilation, and the median
of those after it. Half a minute. `benchmarks.gpu` has the same for a GPU.

Wanted: an epoch that is faster by so much that a training earns the compilation back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from data import Dataset, load_dataset
from model import build_model
from tuner.training.compiled import compiled
from tuner.training.epoch import on_device
from tuner.training.session import fresh_session

# Width, depth and batch size.
NETWORKS = ((32, 1, 16), (128, 2, 32), (256, 3, 32), (128, 3, 128), (512, 8, 16))


@dataclass(frozen=True)
class Network:
    """A shipped model of some size, on a dataset, with a batch size."""

    dataset: Dataset
    model: str
    batch_size: int
    width: int
    depth: int

    def __str__(self) -> str:
        """Say what it is, in few words."""
        examples = f"{len(self.dataset.train):,}"
        sizes = f"{self.depth} x {self.width}, batch {self.batch_size}"
        return f"{self.model} {sizes}; {examples} of {self.dataset.name}"

    def build(self, **values: Any) -> keras.Model:
        """Return a new model; hyperparameters without a value are at their defaults."""
        fresh_session(0)
        hp = keras_tuner.HyperParameters()
        hp.values = {"width": self.width, "depth": self.depth, **values}
        return build_model(hp, self.dataset, model=self.model)


def both_ways(network: Network, epochs: int) -> list[list[float]]:
    """Return what each epoch of training takes, in milliseconds: as a loop, and by XLA."""
    return [timed(network.build(), network, epochs, xla) for xla in (False, True)]


def timed(model: keras.Model, network: Network, epochs: int, xla: bool) -> list[float]:
    """Return what each epoch of training a model takes, in milliseconds."""
    train = network.dataset.preprocessed("train")
    data, order = on_device((train.x, train.y)), np.arange(len(train.y))
    with compiled(model, data, data, xla=xla) as lent:
        return [
            milliseconds(lambda: lent.train(data, order, network.batch_size)) for _ in range(epochs)
        ]


def milliseconds(epoch: Callable[[], Any]) -> float:
    """Return what a call takes, its result included."""
    began = time.perf_counter()
    assert all(np.isfinite(float(value)) for value in epoch().values())
    return 1000 * (time.perf_counter() - began)


def compared(networks: list[Network], epochs: int = 12) -> Table:
    """Return the table."""
    table = Table("network", "loop: first, s", "epoch, ms", "XLA: first, s", "epoch, ms", "gain")
    for network in networks:
        loop, xla = both_ways(network, epochs)
        gain = median(loop[1:]) / median(xla[1:])
        cells = [cell for way in (loop, xla) for cell in (way[0] / 1000, median(way[1:]))]
        table.add_row(str(network), *(f"{cell:.3g}" for cell in cells), f"{gain:.2f}")
    return table


def main() -> None:
    """Print the table."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    digits = load_dataset("digits")
    networks = [Network(digits, "mlp", size, width, depth) for width, depth, size in NETWORKS]
    Console(width=120).print(compared(networks))


if __name__ == "__main__":
    main()
