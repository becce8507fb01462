"""The share of an epoch that a training waits for its data."""

import time

import keras
import numpy as np
import tensorflow as tf

from tuner.training.waiting import Waiting
from tuner.trials.trial import WAITING

BATCHES = 20


def slow(seconds: float) -> tf.data.Dataset:
    """Return batches that take so long each, without any in stock."""

    def batch(number: tf.Tensor) -> tf.Tensor:
        time.sleep(seconds)
        return np.full((4, 1), number, np.float32)

    def pair(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        made = tf.ensure_shape(tf.numpy_function(batch, [number], tf.float32), (4, 1))
        return made, made

    return tf.data.Dataset.range(BATCHES).map(pair)


class SlowStep(keras.layers.Layer):
    """Passes on what it gets, after a while."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        def later(inputs: np.ndarray) -> np.ndarray:
            time.sleep(0.02)
            return inputs

        return tf.ensure_shape(tf.numpy_function(later, [inputs], inputs.dtype), inputs.shape)


def shares(stream: tf.data.Dataset, *layers: keras.layers.Layer) -> list[float]:
    """Train for three epochs; return the shares of the last two, of which tracing is no part."""
    model = keras.Sequential([keras.Input((1,)), *layers, keras.layers.Dense(1)])
    model.compile("sgd", "mean_squared_error", jit_compile=False)
    waiting = Waiting()
    seen: list[float] = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: seen.append(logs[WAITING]))
    watched = waiting.watched(stream)
    history = model.fit(watched, epochs=3, verbose=0, callbacks=[waiting, note])
    assert len(history.history["loss"]) == 3
    return seen[1:]


def test_a_slow_stream_is_what_is_waited_for() -> None:
    assert min(shares(slow(0.02))) > 0.5


def test_a_slow_step_waits_less_for_what_is_read_meanwhile() -> None:
    without = shares(slow(0.01), SlowStep())
    assert max(shares(slow(0.01).prefetch(4), SlowStep())) < min(without) / 2


def test_batches_are_the_same_in_the_same_order() -> None:
    stream = slow(0.0)
    pairs = zip(Waiting().watched(stream), stream, strict=True)
    assert all((ours == theirs).numpy().all() for (ours, _), (theirs, _) in pairs)
