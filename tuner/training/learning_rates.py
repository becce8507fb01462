"""The learning rate of each step of an epoch, which a graph is told instead of computing it.

So one graph serves every schedule, and a schedule's dozen operations are not a part of each step.
"""

import json
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule as Schedule

from tuner.training.epoch import LearningRates
from tuner.training.keras_internals import ARITHMETIC, schedule_of

Traced = tuple[Callable[[int, int], tf.Tensor], dict[str, tf.Variable]]

# By what shapes their graph: each is traced once, for all its numbers.
_traced: dict[str, Traced] = {}


def learning_rates(model: keras.Model, twin: keras.Model) -> LearningRates:
    """Return what tells the learning rates of a twin's next steps.

    Args:
        model: Has the schedule, if there is one.
        twin: Has the count of steps, and the learning rate where there is no schedule.
    """
    schedule = schedule_of(model.optimizer)
    if schedule is None:
        return lambda steps: np.full(steps, np.asarray(twin.optimizer.learning_rate), np.float32)
    config, numbers = schedule.get_config(), dict[str, float]()
    if type(schedule) in ARITHMETIC:
        numbers = {name: value for name, value in config.items() if type(value) in (int, float)}
    config = {name: value for name, value in config.items() if name not in numbers}
    key = json.dumps([type(schedule).__name__, config], sort_keys=True) if numbers else ""
    of_steps, variables = _traced.get(key) or _trace(schedule, numbers)
    if key:
        _traced[key] = of_steps, variables

    def next_rates(steps: int) -> np.ndarray:
        for name, variable in variables.items():
            variable.assign(numbers[name])
        return np.asarray(of_steps(int(twin.optimizer.iterations), steps))

    return next_rates


def _trace(schedule: Schedule, numbers: dict[str, float]) -> Traced:
    """Return the rates of steps as a compiled function, in which some numbers are variables."""
    schedule = type(schedule).from_config(schedule.get_config()) if numbers else schedule
    variables = {name: tf.Variable(float(number)) for name, number in numbers.items()}
    for name, variable in variables.items():
        setattr(schedule, name, variable)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([], tf.int64)] * 2)
    def of_steps(first: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(
            lambda number: tf.cast(schedule(number), tf.float32),
            tf.range(first, first + steps),
            fn_output_signature=tf.float32,
        )

    return of_steps, variables
