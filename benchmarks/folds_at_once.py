"""Several trainings of one architecture as one program: what that would gain for folds and seeds.

    python -m benchmarks.folds_at_once [--trainings 5]

The weights of the trainings are stacked, `tf.vectorized_map` takes a step of all, and XLA compiles
the epoch; the optimizer, which works element by element, is Keras's own on the stacked weights.
Against so many epochs of one training, one after the other, each an XLA program, too. Half a minute
on two cores.

Wanted, before a search does so: on a GPU 4 times the speed for 5 folds.
"""

import argparse
from collections.abc import Callable
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from benchmarks.xla_epoch import Network, both_ways, milliseconds
from data import load_dataset

EPOCHS = 10


def stacked(variables: list[list[keras.Variable]]) -> list[keras.Variable]:
    """Return one variable for those of all trainings, which are its rows."""
    rows = [tf.stack([one.value for one in same]) for same in zip(*variables, strict=True)]
    return [keras.Variable(row, dtype=row.dtype.name) for row in rows]


def epoch_of_all(models: list[keras.Model], batch_size: int) -> Callable[..., Any]:
    """Return an epoch of all models: of inputs, classes and an order of examples for each."""
    model, loss_of = models[0], keras.losses.SparseCategoricalCrossentropy()
    weights = stacked([one.trainable_variables for one in models])
    others = stacked([one.non_trainable_variables for one in models])
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(weights)

    def gradients(arguments: Any) -> Any:
        weights, others, x, y = arguments
        with tf.GradientTape() as tape:
            tape.watch(weights)
            predicted, others = model.stateless_call(weights, others, x, training=True)
            loss = loss_of(y, predicted)
        return tape.gradient(loss, weights), list(others), loss

    def step(x: tf.Tensor, y: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        values = [[one.value for one in some] for some in (weights, others)]
        batch = tf.gather(x, rows), tf.gather(y, rows)
        found, changed, losses = tf.vectorized_map(gradients, (*values, *batch), warn=False)
        optimizer.apply(found, weights)
        for variable, value in zip(others, changed, strict=True):
            variable.assign(value)
        return losses

    @tf.function(autograph=False, jit_compile=True)
    def epoch(x: tf.Tensor, y: tf.Tensor, orders: tf.Tensor) -> tf.Tensor:
        trainings, examples = orders.shape
        steps = examples // batch_size
        whole = tf.reshape(orders[:, : steps * batch_size], (trainings, steps, batch_size))
        batches = tf.transpose(whole, (1, 0, 2))
        losses = tf.while_loop(
            lambda number, _: number < steps,
            lambda number, _: (number + 1, step(x, y, batches[number])),
            (0, tf.zeros(trainings)),
        )[1]
        rest = examples - steps * batch_size
        return step(x, y, orders[:, -rest:]) if rest else losses

    return epoch


def compared(network: Network, trainings: int) -> tuple[str, ...]:
    """Return a row of the table."""
    train = network.dataset.preprocessed("train")
    x, y = tf.constant(train.x, tf.float32), tf.constant(train.y)
    rng = np.random.default_rng(0)
    orders = tf.constant([rng.permutation(len(y)) for _ in range(trainings)], tf.int32)
    epoch = epoch_of_all([network.build() for _ in range(trainings)], network.batch_size)
    at_once = [
        milliseconds(lambda: {"loss": tf.reduce_mean(epoch(x, y, orders))}) for _ in range(EPOCHS)
    ]
    single = both_ways(network, EPOCHS)[1]
    one, all_of_them = median(single[1:]), median(at_once[1:])
    figures = (single[0] / 1000, one, at_once[0] / 1000, all_of_them, trainings * one / all_of_them)
    return str(network), *(f"{figure:.3g}" for figure in figures)


def table_for(trainings: int) -> Table:
    """Return the table for so many trainings."""
    table = Table("network", "one: first, s", "epoch, ms", f"{trainings} at once: first, s")
    table.add_column("epoch of all, ms")
    table.add_column("gain")
    digits = load_dataset("digits")
    for width, depth, batch_size in ((128, 2, 32), (512, 4, 32)):
        table.add_row(*compared(Network(digits, "mlp", batch_size, width, depth), trainings))
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trainings", type=int, default=5, metavar="N")
    Console(width=120).print(table_for(parser.parse_args().trainings))


if __name__ == "__main__":
    main()
