"""The learning rate of each step of an epoch, which a graph is told instead of computing it.

So one graph serves every schedule, and a schedule's dozen operations are not a part of each step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

# The learning rates of the next steps, as many as asked for.
LearningRates = Callable[[int], np.ndarray]


def learning_rates(model: keras.Model, twin: keras.Model) -> LearningRates:
    """Return what tells the learning rates of a twin's next steps.

    Args:
        model: Has the schedule, if there is one.
        twin: Has the count of steps, and the learning rate where there is no schedule.
    """
    schedule = schedule_of(model.optimizer)
    if schedule is None:
        return lambda steps: np.full(steps, np.asarray(twin.optimizer.learning_rate), np.float32)
    specs = [tf.TensorSpec([], tf.int64)] * 2

    @tf.function(autograph=False, input_signature=specs)
    def of_steps(first: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        numbers = tf.range(first, first + steps)
        return tf.map_fn(
            lambda number: tf.cast(schedule(number), tf.float32),
            numbers,
            fn_output_signature=tf.float32,
        )

    return lambda steps: of_steps(int(twin.optimizer.iterations), steps).numpy()


def schedule_of(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.schedules.LearningRateSchedule | None:
    """Return an optimizer's schedule; None where the learning rate is a number."""
    rate = plain_optimizer(optimizer)._learning_rate
    return rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None


def plain_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer itself, without what scales the loss in half precision."""
    return getattr(optimizer, "inner_optimizer", optimizer)


@contextmanager
def told(optimizer: keras.optimizers.Optimizer, rate: tf.Tensor) -> Iterator[None]:
    """Let an optimizer use a tensor as its learning rate: while a step is traced."""
    own = vars(plain_optimizer(optimizer))
    usual = own["_learning_rate"]
    own["_learning_rate"] = lambda: rate
    try:
        yield
    finally:
        own["_learning_rate"] = usual
