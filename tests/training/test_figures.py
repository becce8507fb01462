"""Figures of an optimizer: what they say is what the steps did."""

import keras
import pytest

from tuner.training.figures import figures


@pytest.mark.parametrize("kind", [keras.optimizers.Adam, keras.optimizers.AdamW])
def test_the_norm_of_a_constant_gradient_is_its_own(
    kind: type[keras.optimizers.Optimizer],
) -> None:
    weights = [keras.Variable([1.0]), keras.Variable([[2.0, 3.0]])]
    optimizer = kind(0.01)
    for _ in range(3):
        optimizer.apply([[3.0], [[0.0, 4.0]]], weights)
    found = {name: float(value) for name, value in figures(optimizer).items()}
    assert found == pytest.approx({"learning_rate": 0.01, "gradient_norm": 5.0}, rel=1e-5)


def test_the_norm_is_the_root_of_the_mean_square_after_clipping() -> None:
    weights = [keras.Variable([1.0])]
    optimizer = keras.optimizers.Adam(0.01, beta_2=0.999999, global_clipnorm=7.0)
    for gradient in (1.0, -70.0):
        optimizer.apply([[gradient]], weights)
    assert float(figures(optimizer)["gradient_norm"]) == pytest.approx(5.0, rel=1e-2)


def test_a_schedule_tells_the_rate_of_the_next_step() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=0.5)
    optimizer = keras.optimizers.SGD(schedule)
    optimizer.apply([[1.0]], [keras.Variable([1.0])])
    assert {n: float(v) for n, v in figures(optimizer).items()} == pytest.approx(
        {"learning_rate": 0.05}
    )
