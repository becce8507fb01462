"""The range test proposes a rate that learns, and leaves the model as it was."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.measuring.range_test import (
    HIGHEST,
    LOWEST,
    STEPS,
    find_learning_rate,
    gradient_norms,
    losses_at,
    read,
)
from tuner.training.twins import state

RATES = np.geomspace(LOWEST, HIGHEST, STEPS)


def batches(number: int) -> Iterator[tuple[Any, Any]]:
    rng = np.random.default_rng(number)
    weights = np.random.default_rng(99).normal(size=(8, 3))
    while True:
        x = rng.normal(size=(16, 8)).astype("float32")
        yield x, (x @ weights).argmax(axis=1)


def model(rate: Any = 1e-3, kind: type[keras.Model] = keras.Model) -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    x = keras.layers.Dropout(0.1)(keras.layers.Dense(32, "relu")(inputs))
    built = kind(inputs, keras.layers.Dense(3, "softmax")(x))
    built.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return built


class OwnStep(keras.Model):
    """A model with a training step of its own."""

    steps = 0

    def train_step(self, data: Any) -> Any:
        self.steps += 1
        return super().train_step(data)


@given(st.floats(-4.5, -2), st.floats(0.1, 0.4), st.integers(0, 10))
def test_the_proposal_is_where_the_loss_falls_and_well_below_the_edge(
    center: float, width: float, seed: int
) -> None:
    decades = np.log10(RATES)
    noise = np.random.default_rng(seed).normal(scale=0.02, size=STEPS)
    falling = 2.3 - 2.0 / (1 + np.exp(-(decades - center) / width))
    edge = center + 2
    found = read(RATES, falling + 10 ** (decades - edge) + noise)
    assert found.learning_rate is not None
    assert center - 3 * width < np.log10(found.learning_rate) < edge - 0.5
    assert found.low < found.learning_rate < found.high


def test_what_falls_after_a_peak_does_not_count() -> None:
    decades = np.log10(RATES)
    falling = 2.0 - 1.5 / (1 + np.exp(-(decades + 3) / 0.3)) + 0.3 * (decades > 0.5)
    peak = 3.0 * np.exp(-(((decades - 0) / 0.2) ** 2))
    found = read(RATES, falling + peak)
    assert 5e-4 < (found.learning_rate or 0) < 1e-2


def test_a_loss_that_never_falls_proposes_nothing() -> None:
    found = read(RATES, np.linspace(1.0, 4.0, STEPS))
    assert found.learning_rate is None


def test_the_proposal_stays_in_the_range_of_the_search() -> None:
    falling = 2.0 - 1.5 / (1 + np.exp(-(np.log10(RATES) + 1) / 0.3))
    found = read(RATES, falling, low=1e-4, high=1e-2)
    assert (found.learning_rate, found.low, found.high) == (1e-2, 1e-3, 1e-2)


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that Keras does not know."""

    def __call__(self, step: Any) -> Any:
        return 1e-3 * 0.5 ** keras.ops.cast(step, "float32")

    def get_config(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    "rate", [1e-3, keras.optimizers.schedules.CosineDecay(1e-3, 100), Halving()]
)
def test_the_model_is_what_it_was(rate: Any) -> None:
    tested = model(rate)
    before = [variable.numpy() for variable in state(tested)]
    kept = tested.optimizer.get_config()
    found = find_learning_rate(tested, batches, repetitions=2)
    assert 1e-4 < (found.learning_rate or 0) < 1e-1
    for old, new in zip(before, state(tested), strict=True):
        np.testing.assert_array_equal(old, new.numpy())
    assert tested.optimizer.get_config() == kept
    # It trains as if nothing had been: the rate is that of its own schedule.
    fresh = model(rate)
    for trained in (tested, fresh):
        trained.train_on_batch(*next(batches(5)))
    np.testing.assert_allclose(tested.get_weights()[0], fresh.get_weights()[0], rtol=1e-5)


def test_a_training_step_of_its_own_is_used() -> None:
    tested = model(kind=OwnStep)
    assert find_learning_rate(tested, batches, repetitions=1).learning_rate is not None
    assert tested.steps > 0


def test_the_same_batches_give_the_same_answer() -> None:
    found = [find_learning_rate(model(), batches).as_dict() for _ in range(2)]
    assert found[0] == found[1]


def test_a_training_that_diverges_ends_there_with_finite_losses() -> None:
    inputs = keras.Input((8,))
    tested = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    tested.compile(keras.optimizers.SGD(1e-3), "mean_squared_error")
    losses = losses_at(tested, batches(0), [100.0] * 200)
    assert len(losses) < 200
    assert np.isfinite(losses).all()


def test_a_rate_at_the_edge_of_stability_is_said_to_break_at_twice() -> None:
    """Gradient descent on a parabola: it converges below a rate of 2, and flies away above."""

    def parabola(number: int) -> Iterator[tuple[Any, Any]]:
        while True:
            yield np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")

    def tested(rate: float) -> bool:
        inputs = keras.Input((1,))
        layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
        flat = keras.Model(inputs, layer(inputs))
        flat.compile(keras.optimizers.SGD(1e-3), lambda y, p: (p - y) ** 2 / 2)
        return find_learning_rate(flat, parabola, 1, low=rate, high=rate).breaks_at_twice

    assert tested(1.5)
    assert not tested(0.5)


def test_weights_count_in_losses_and_gradients() -> None:
    def doubled(number: int) -> Iterator[tuple[Any, ...]]:
        return ((*batch, np.full(16, 2.0, np.float32)) for batch in batches(number))

    for measure in (
        lambda source: losses_at(model(), source(0), [0.0] * 5),
        lambda source: gradient_norms(model(), source(0), 0.0),
    ):
        assert measure(doubled) == pytest.approx(2 * np.array(measure(batches)), rel=1e-4)
