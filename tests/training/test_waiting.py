"""The share of an epoch that a training waits for its data."""

import time

import keras
import numpy as np
import pytest
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


@pytest.mark.parametrize("step", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("stock", [0, 4])
def test_what_is_noted_is_the_time_that_a_batch_is_waited_for(step: float, stock: int) -> None:
    stream = slow(0.02).prefetch(stock) if stock else slow(0.02)
    waiting, waited = Waiting(), 0.0
    waiting.on_epoch_begin(0)
    batches = iter(waiting.watched(stream))
    for _ in range(BATCHES):
        time.sleep(step)
        began = time.perf_counter()
        next(batches)
        waited += time.perf_counter() - began
    passed = time.perf_counter()
    logs: dict[str, float] = {}
    waiting.on_epoch_end(0, logs)
    assert logs[WAITING] == pytest.approx(waited / (passed - waiting._began), abs=0.1)


def test_an_epoch_of_fit_has_its_share() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mean_squared_error")
    waiting, seen = Waiting(), list[float]()
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: seen.append(logs[WAITING]))
    model.fit(waiting.watched(slow(0.02)), epochs=3, verbose=0, callbacks=[waiting, note])
    assert min(seen[1:]) > 0.5  # Of the first, tracing is a part.


def test_batches_are_the_same_in_the_same_order() -> None:
    stream = slow(0.0)
    pairs = zip(Waiting().watched(stream), stream, strict=True)
    assert all((ours == theirs).numpy().all() for (ours, _), (theirs, _) in pairs)


def test_beside_a_gpu_streams_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind])
    stream, logs, waiting = slow(0.0), dict[str, float](), Waiting()
    assert waiting.watched(stream) is stream
    waiting.on_epoch_end(0, logs)
    assert logs == {}
