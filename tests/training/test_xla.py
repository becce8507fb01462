"""Epochs as one XLA program: what is XLA's own, and what happens where it refuses."""

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tuner.training.epoch import NotCompilableError
from tuner.training.in_memory import fit_in_memory
from tuner.training.keras_internals import say_once
from tuner.training.session import fresh_session
from tuner.trials.trial import TrainingPath

COMPILED, XLA = TrainingPath.COMPILED, TrainingPath.XLA


@pytest.fixture(autouse=True)
def nothing_said() -> None:
    """Let each test hear the warnings that are given once a process."""
    say_once.cache_clear()


class Losses(keras.callbacks.Callback):
    """Keeps the training loss of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.seen.append((logs or {})["loss"])


def train(
    model: keras.Model, path: TrainingPath | None, examples: int = 50, epochs: int = 2
) -> tuple[TrainingPath, list[float]]:
    """Learn that ones are one; return the path taken, and the losses."""
    ones, watch = (np.ones((examples, 64), np.float32),) * 2, Losses()
    taken = fit_in_memory(
        model,
        ones,
        ones,
        batch_size=16,
        validation_batch_size=16,
        epochs=epochs,
        shuffle_seed=0,
        callbacks=[watch],
        path=path,
    )
    return taken, watch.seen


def through(*layers: Any) -> keras.Model:
    """Return a model of these layers, that a shift of its outputs ends."""
    fresh_session(0)
    model = keras.Sequential([keras.Input((64,)), *layers, Shift()])
    model.compile("sgd", "mean_squared_error")
    return model


class Shift(keras.layers.Layer):
    """Adds a number that is learned."""

    def build(self, shape: Any) -> None:
        self.shift = self.add_weight(shape=(), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        return inputs + self.shift


def python(inputs: tf.Tensor) -> tf.Tensor:
    """Leave the graph, which no XLA program can."""
    outputs = tf.numpy_function(lambda array: array, [inputs], inputs.dtype)
    return tf.ensure_shape(outputs, inputs.shape)


@pytest.mark.parametrize("examples", [5, 16, 50])
def test_batches_that_are_whole_too_small_or_left_over(examples: int) -> None:
    (_, expected), (path, losses) = (train(through(), way, examples) for way in (COMPILED, XLA))
    assert (path, losses) == (XLA, pytest.approx(expected, rel=1e-5))


def test_dropout_is_as_frequent_as_elsewhere() -> None:
    """Of ones with a rate of 0.2, the mean squared error is 0.2 / 0.8."""
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dropout(0.2), keras.layers.Dense(64)]
    )
    model.compile(keras.optimizers.SGD(0.0), "mean_squared_error")
    model.layers[-1].set_weights([np.eye(64), np.zeros(64)])
    _, losses = train(model, XLA, examples=2000, epochs=3)
    assert losses == pytest.approx([0.25] * 3, rel=0.03)
    assert len(set(losses)) == 3


def test_what_xla_refuses_is_a_loop_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = train(through(), COMPILED)[1]
    monkeypatch.setattr("tuner.training.in_memory.xla_pays", lambda steps: True)
    path, losses = train(through(keras.layers.Lambda(python)), None)
    assert (path, losses) == (COMPILED, pytest.approx(expected))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: epochs as a loop of steps, slower on a GPU: XLA: ")
    assert "PyFunc" in line


def test_what_xla_refuses_fails_where_it_was_asked_for() -> None:
    with pytest.raises(NotCompilableError, match="PyFunc"):
        train(through(keras.layers.Lambda(python)), XLA)


def test_a_model_for_plain_fit_is_left_to_it_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tuner.training.in_memory.xla_pays", lambda steps: True)
    model = through()
    model.run_eagerly = True
    assert train(model, None)[0] == TrainingPath.PLAIN
    assert "run_eagerly" in capsys.readouterr().err


class Unknown(keras.layers.Layer):
    """Trains as no XLA program can, and evaluates as one."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        return python(inputs) if training else inputs


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("layer", [Unknown, partial(keras.layers.RandomRotation, 0.1)])
def test_a_training_alone_may_be_refused_time_and_again(
    layer: Any, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether Keras tells it beforehand or XLA finds out, whose twin is kept for the next."""
    monkeypatch.setattr("tuner.training.in_memory.xla_pays", lambda steps: True)
    if not told:
        monkeypatch.setattr("tuner.training.compiled._check_for_xla", lambda model: None)

    def image() -> keras.Model:
        fresh_session(0)
        image, flat = keras.layers.Reshape((8, 8, 1)), keras.layers.Flatten()
        model = keras.Sequential([keras.Input((64,)), image, layer(), flat, keras.layers.Dense(64)])
        model.compile("sgd", "mean_squared_error")
        return model

    first, second = (train(image(), None) for _ in range(2))
    assert first == second
    assert first[0] == COMPILED
