"""What an epoch takes: Keras's `fit`, the compiled loop, and a loop written by hand.

The compiled loop is also timed with `--metrics auc,f1`.

    python -m benchmarks.epoch_time [--rows 20000,100000]

Data are digits and images, with `--rows` tables of so many rows and 20 columns. The ways take turns
on one machine, with one thread, as a worker of a deterministic search has (`--threads`); figures
are medians, of epochs and of ratios within a turn. Each epoch is one of training and of validation.
Two cores, two minutes; a table of 100,000 rows a dozen.

Wanted: at most 1.1 times the loop written by hand, which knows nothing of callbacks, metrics or
other models; and for batches of 32 on digits at least 5 times faster than `fit`.
"""

import argparse
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

from benchmarks.made_sets import four_classes, image_set
from data import Dataset, load_dataset
from model import build_model
from tuner.starting.process_settings import ProcessSettings, start_tensorflow
from tuner.training.epoch import epoch_order
from tuner.training.in_memory import fit_in_memory
from tuner.training.session import fresh_session

TURNS = 7
EPOCHS = 4  # The first of each turn does not count.

Trainer = Callable[[int], list[float]]


class Clock(keras.callbacks.Callback):
    """Notes when each epoch ends."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the time."""
        self.times.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        """What the epochs took, without the first."""
        return list(np.diff(self.times))


@dataclass
class Bench:
    """A model on a dataset, with a batch size."""

    dataset: Dataset
    model: str
    batch_size: int

    def __post_init__(self) -> None:
        train, validation = (self.dataset.preprocessed(name) for name in ("train", "validation"))
        self.train, self.validation = (train.x, train.y), (validation.x, validation.y)

    def build(self, *metrics: str) -> keras.Model:
        """Return a model with the default hyperparameters, but narrow for images."""
        fresh_session(0)
        hp = keras_tuner.HyperParameters()
        hp.values = {"width": 32} if self.model == "cnn" else {}
        return build_model(hp, self.dataset, model=self.model, metrics=metrics)

    def plain(self) -> Trainer:
        """Return a trainer that calls Keras's `fit`."""
        model = self.build()

        def train(epochs: int) -> list[float]:
            clock = Clock()
            model.fit(
                *self.train,
                batch_size=self.batch_size,
                epochs=epochs,
                validation_data=self.validation,
                validation_batch_size=256,
                callbacks=[clock],
                verbose=0,
            )
            return clock.seconds

        return train

    def compiled(self, *metrics: str) -> Trainer:
        """Return a trainer that calls the compiled loop, maybe with more metrics."""
        model = self.build(*metrics)

        def train(epochs: int) -> list[float]:
            clock = Clock()
            fit_in_memory(
                model,
                self.train,
                self.validation,
                batch_size=self.batch_size,
                validation_batch_size=256,
                shuffle_seed=0,
                epochs=epochs,
                callbacks=[clock],
            )
            return clock.seconds

        return train

    def by_hand(self) -> Trainer:
        """Return a trainer that is nothing but a loop over this model and these data."""
        epoch = epoch_by_hand(self.build(), self.batch_size)
        data = [tf.constant(array) for array in (*self.train, *self.validation)]
        examples = len(self.train[1])

        def train(epochs: int) -> list[float]:
            clock = Clock()
            for number in range(epochs):
                logs = epoch(*data, tf.constant(epoch_order(examples, 0, number)))
                assert np.isfinite([float(value) for value in logs]).all()
                clock.on_epoch_end(number)
            return clock.seconds

        return train


def epoch_by_hand(model: keras.Model, batch_size: int) -> Any:
    """Return one epoch of training and validation as a `tf.function`."""
    optimizer, loss_of = keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy()
    optimizer.build(model.trainable_variables)

    def measured(y: tf.Tensor, predicted: tf.Tensor, loss: tf.Tensor) -> tf.Tensor:
        hit = tf.cast(tf.argmax(predicted, 1, tf.int32) == y, tf.float32)
        return tf.stack([loss * tf.cast(tf.size(y), tf.float32), tf.reduce_sum(hit)])

    def train_step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            predicted = model(x, training=True)
            loss = loss_of(y, predicted)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return measured(y, predicted, loss)

    def test_step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        predicted = model(x, training=False)
        return measured(y, predicted, loss_of(y, predicted))

    def loop(step: Any, x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, size: int) -> tf.Tensor:
        def body(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            rows = order[start : start + size]
            return start + size, total + step(tf.gather(x, rows), tf.gather(y, rows))

        count = tf.size(order)
        totals = tf.while_loop(lambda start, _: start < count, body, (0, tf.zeros(2)))[1]
        return totals / tf.cast(count, tf.float32)

    @tf.function(autograph=False)
    def epoch(x: Any, y: Any, validation_x: Any, validation_y: Any, order: Any) -> Any:
        train = loop(train_step, x, y, order, batch_size)
        with tf.control_dependencies([train]):
            everything = tf.range(tf.size(validation_y))
        validation = loop(test_step, validation_x, validation_y, everything, 256)
        return [*tf.unstack(train), *tf.unstack(validation)]

    return epoch


def compare(bench: Bench) -> tuple[str, ...]:
    """Return a row of the table."""
    trainers = {
        "plain": bench.plain(),
        "compiled": bench.compiled(),
        "measured": bench.compiled("auc", "f1"),
        "by hand": bench.by_hand(),
    }
    for train in trainers.values():
        train(2)
    turns = [
        {name: median(train(EPOCHS)) for name, train in trainers.items()} for _ in range(TURNS)
    ]
    milliseconds = [f"{1000 * median(turn[name] for turn in turns):.1f}" for name in trainers]
    faster = median(turn["plain"] / turn["compiled"] for turn in turns)
    slower = median(turn["compiled"] / turn["by hand"] for turn in turns)
    name = f"{bench.dataset.name}, {bench.model}"
    return (
        name,
        f"{len(bench.train[1]):,}",
        str(bench.batch_size),
        *milliseconds,
        f"{faster:.1f}",
        f"{slower:.2f}",
    )


def benches(rows: str | None) -> list[Bench]:
    """Return what is timed, for tables of these numbers of rows or else for digits and images."""
    if rows is None:
        pairs = ((load_dataset("digits"), "mlp"), (image_set(), "cnn"))
        return [Bench(*pair, batch_size) for pair in pairs for batch_size in (16, 32, 128)]
    made = [four_classes(0, int(count)) for count in rows.split(",")]
    kinds = [(one, model) for one in made for model in ("mlp", "tabular")]
    return [Bench(*kind, batch_size) for kind in kinds for batch_size in (32, 256)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", metavar="N,N", help="of tables instead of digits and images")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="0: as many as cores")
    options = parser.parse_args()
    start_tensorflow(ProcessSettings(threads=options.threads or None))
    table = Table("data, model", "examples", "batch", "fit, ms", "compiled, ms")
    table.add_column("with auc and f1, ms")
    table.add_column("by hand, ms")
    table.add_column("fit / compiled")
    table.add_column("compiled / by hand")
    for bench in benches(options.rows):
        table.add_row(*compare(bench))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
