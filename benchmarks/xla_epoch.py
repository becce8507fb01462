"""What an epoch as one XLA program would gain over the compiled loop.

    python -m benchmarks.xla_epoch

XLA wants every shape beforehand, so its program is for one number of examples and one batch size;
the last, smaller batch is a step of its own. Both train `mlp` on digits, in turns; the figures are
what the first epoch takes, with tracing and compilation, and the median of those after it. One
thread, as a worker of a deterministic search has. Three minutes.

Wanted: an epoch that is faster by so much that a training earns the compilation back.
"""

import time
from collections.abc import Callable
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
from tuner.training.epoch import compile_epoch
from tuner.training.session import fresh_session

# Width, depth and batch size.
NETWORKS = ((32, 1, 16), (128, 2, 32), (256, 3, 32), (128, 3, 128), (512, 8, 16))
EPOCHS = 12


def network(dataset: Dataset, width: int, depth: int) -> keras.Model:
    """Return a model with these sizes, the other hyperparameters at their defaults."""
    fresh_session(0)
    hp = keras_tuner.HyperParameters()
    hp.values = {"width": width, "depth": depth}
    return build_model(hp, dataset, model="mlp")


def looped(model: keras.Model, data: Any, batch_size: int) -> Callable[[], Any]:
    """Return the compiled loop, as trials run it."""
    epoch = compile_epoch(
        model.train_step, data, False, model.reset_metrics, model.get_metrics_result
    )
    order = np.arange(len(data[1]))
    return lambda: epoch(data, order, batch_size)


def one_program(model: keras.Model, data: Any, batch_size: int) -> Callable[[], Any]:
    """Return the same epoch, compiled by XLA as a whole."""
    examples = len(data[1])
    steps = examples // batch_size

    @tf.function(jit_compile=True, autograph=False)
    def epoch(data: Any, order: tf.Tensor) -> Any:
        def step(rows: tf.Tensor) -> None:
            model.train_step(tf.nest.map_structure(lambda array: tf.gather(array, rows), data))

        def body(number: tf.Tensor) -> tf.Tensor:
            step(whole[number])
            return number + 1

        model.reset_metrics()
        whole = tf.reshape(order[: steps * batch_size], (steps, batch_size))
        tf.while_loop(lambda number: number < steps, body, (0,))
        if examples % batch_size:
            step(order[steps * batch_size :])
        return model.get_metrics_result()

    order = tf.range(examples, dtype=tf.int64)
    return lambda: epoch(data, order)


def seconds(call: Callable[[], Any]) -> float:
    """Return what a call takes, its result included."""
    began = time.perf_counter()
    assert all(np.isfinite(float(value)) for value in call().values())
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    dataset = load_dataset("digits")
    train = dataset.preprocessed("train")
    data = tf.constant(train.x, tf.float32), tf.constant(train.y)
    table = Table("width, depth", "batch", "loop: first, s", "epoch, ms")
    for heading in ("XLA: first, s", "epoch, ms", "loop / XLA"):
        table.add_column(heading)
    for width, depth, batch_size in NETWORKS:
        models = [network(dataset, width, depth) for _ in range(2)]
        for model in models:  # Metrics and optimizer get their variables: the graphs make none.
            model.train_step(tf.nest.map_structure(lambda array: array[:2], data))
        calls = [looped(models[0], data, batch_size), one_program(models[1], data, batch_size)]
        first = [seconds(call) for call in calls]
        turns = [[seconds(call) for call in calls] for _ in range(EPOCHS)]
        loop, xla = (1000 * median(turn[k] for turn in turns) for k in (0, 1))
        ratio = median(a / b for a, b in turns)
        table.add_row(
            f"{width}, {depth}", str(batch_size), f"{first[0]:.1f}", f"{loop:.1f}",
            f"{first[1]:.1f}", f"{xla:.1f}", f"{ratio:.2f}",
        )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
