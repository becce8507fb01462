"""An epoch as one compiled call: a loop over batches that are gathered from data in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

# (x, y), each an array with an example in each row, or a dict or tuple of such arrays.
Data = Any
Logs = dict[str, Any]
Epoch = Callable[..., Logs]
# The learning rates of the next steps, as many as asked for.
LearningRates = Callable[[int], np.ndarray]


class NotCompilableError(Exception):
    """Epochs of a model, or of its data, cannot be compiled; the message says why."""


@dataclass(frozen=True)
class Steps:
    """What an epoch is made of.

    Attributes:
        step: Gets a batch; `model.train_step` or `model.test_step`.
        reset: What to do before the first step: `model.reset_metrics`.
        results: What the logs are after the last step. None: what the last step returns, which may
            be anything, but then every step computes it.
        set_rate: Gets the learning rate of each step before it, and at the end that of the next.
    """

    step: Callable[[Data], Logs]
    reset: Callable[[], None] = lambda: None
    results: Callable[[], Logs] | None = None
    set_rate: Callable[[tf.Tensor], Any] = lambda rate: None

    @property
    def may_be_own(self) -> bool:
        """Whether a step may be code of the user."""
        return self.results is None

    def take(self, batch: Data, rate: tf.Tensor) -> Logs:
        """Take a step; return what later steps may need of its logs."""
        self.set_rate(rate)
        logs = self.step(batch)
        return {} if self.results else tf.nest.map_structure(tf.convert_to_tensor, logs)

    def end(self, logs: Logs, rate: tf.Tensor) -> Logs:
        """Return the logs of an epoch, given those of its last step and the rate of the next."""
        if self.results is None:
            return logs
        self.set_rate(rate)
        return self.results()

    def no_logs(self, data: Data) -> Logs:
        """Return what stands for the logs before the first step."""
        if self.results is not None:
            return {}
        take = tf.function(self.take, autograph=False)
        logs = take.get_concrete_function(kind(data), tf.TensorSpec([])).structured_outputs
        return tf.nest.map_structure(lambda log: tf.zeros(log.shape, log.dtype), logs)


def compile_epoch(steps: Steps, data: Data, jit_compile: bool) -> Epoch:
    """Trace a loop of steps over batches, for any number of examples and any batch size.

    A step of a small model takes less time than Python does between two steps. Here Python is
    left once an epoch.

    Args:
        steps: What the loop is made of.
        data: Tensors like those it will run on.
        jit_compile: Whether XLA compiles the step, as it does in plain `fit`.

    Returns:
        A function of tensors, of the order in which their rows are taken, of the batch size, and
        of the learning rates for `set_rate`. It returns the logs of an epoch. The last batch may
        be smaller.
    """
    take = tf.function(steps.take, autograph=False, jit_compile=jit_compile)

    def loop(data: Data, order: tf.Tensor, batch_size: tf.Tensor, rates: tf.Tensor) -> Logs:
        def take_step(start: tf.Tensor, _: Logs) -> tuple[tf.Tensor, Logs]:
            batch = gather(data, order[start : start + batch_size])
            return start + batch_size, take(batch, tf.gather(rates, start // batch_size))

        steps.reset()
        examples = tf.size(order)
        logs = tf.while_loop(lambda start, _: start < examples, take_step, (0, no_logs))[1]
        return steps.end(logs, rates[-1])

    no_logs = steps.no_logs(data)
    # On a GPU, int32 numbers stay on the host, which steers the loop; an int64 order does not.
    compiled = tf.function(loop, autograph=False).get_concrete_function(
        kind(data),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([], tf.int32),
        tf.TensorSpec([None]),
    )

    def epoch(
        data: Data, order: np.ndarray, batch_size: int, rates: LearningRates = np.zeros
    ) -> Logs:
        due = rates(-(-len(order) // batch_size) + 1)
        numbers = tf.constant(order, tf.int64), tf.constant(batch_size)
        return compiled(data, *numbers, tf.constant(due, tf.float32))

    return epoch


def gather(data: Data, rows: tf.Tensor) -> Data:
    """Return these rows of all arrays: a batch."""
    return tf.nest.map_structure(lambda array: tf.gather(array, rows), data)


def epoch_order(examples: int, shuffle_seed: int | None, epoch: int) -> np.ndarray:
    """Return the order of the examples in an epoch; nothing else decides it.

    Args:
        examples: How many there are.
        shuffle_seed: 0 or larger; `None` keeps the examples as they are.
        epoch: Counted from 0.
    """
    if shuffle_seed is None:
        return np.arange(examples)
    return np.random.default_rng([shuffle_seed, epoch]).permutation(examples)


def on_device(data: Data) -> Data:
    """Return arrays as tensors, floats in Keras's precision.

    Raises:
        NotCompilableError: They do not fit in the memory of the device.
    """

    def tensor(array: Any) -> tf.Tensor:
        floating = np.issubdtype(np.asarray(array).dtype, np.floating)
        return tf.convert_to_tensor(array, keras.config.floatx() if floating else None)

    try:
        return tf.nest.map_structure(tensor, data)
    except tf.errors.ResourceExhaustedError as error:
        raise NotCompilableError("the data do not fit in the memory of the device") from error


def kind(data: Data) -> Data:
    """Return what a graph depends on: data types and shapes, for any number of examples."""
    return tf.nest.map_structure(
        lambda tensor: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype), data
    )


def rows(data: Data) -> int:
    """Return the number of examples."""
    return int(tf.nest.flatten(data)[0].shape[0])
