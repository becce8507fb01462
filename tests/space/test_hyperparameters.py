"""Values and coordinates: every kind keeps its place through a round trip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras_tuner.engine import hyperparameters as kinds

from tuner.space.hyperparameters import Hyperparameter, hyperparameter

units = st.floats(0, 1)
samplings = st.sampled_from(["linear", "log", "reverse_log"])


def made_of(kind: kinds.HyperParameter) -> Hyperparameter:
    return hyperparameter({"class_name": type(kind).__name__, "config": kind.get_config()})


@st.composite
def floats(draw: st.DrawFn) -> kinds.Float:
    low = draw(st.floats(1e-6, 1e3))
    high = low * (1 + draw(st.floats(1e-3, 1e6)))
    sampling = draw(samplings)
    step = draw(st.none() | st.floats(1.01, 10))
    if step is not None and sampling == "linear":
        step = (high - low) / draw(st.integers(1, 50))
    return kinds.Float("x", low, high, step=step, sampling=sampling)


@st.composite
def ints(draw: st.DrawFn) -> kinds.Int:
    low = draw(st.integers(1, 1000))
    high = low + draw(st.integers(0, 10000))
    step = draw(st.none() | st.integers(2, 9))
    return kinds.Int("x", low, high, step=step, sampling=draw(samplings))


@given(ints(), units)
def test_integers_keep_their_value(hp: kinds.Int, unit: float) -> None:
    made = made_of(hp)
    value = made.value(unit)
    assert isinstance(value, int)
    assert hp.min_value <= value <= hp.max_value
    assert made.value(made.unit(value)) == value
    snapped = made.snap(np.array([unit]))[0]
    assert made.value(snapped) == value
    assert snapped == pytest.approx(made.unit(value))


@given(floats(), units)
def test_floats_keep_their_value(hp: kinds.Float, unit: float) -> None:
    made = made_of(hp)
    value = made.value(unit)
    assert isinstance(value, float)
    assert hp.min_value * (1 - 1e-9) <= value <= hp.max_value * (1 + 1e-9)
    again = made.value(made.unit(value))
    assert again == pytest.approx(value, rel=1e-6)
    if made.count is not None:
        assert again == value


@given(floats() | ints())
def test_values_ascend_along_the_interval(hp: kinds.HyperParameter) -> None:
    made = made_of(hp)
    values = [made.value(u) for u in np.linspace(0, 1, 20)]
    assert values == sorted(values)


@pytest.mark.parametrize(
    ("hp", "expected"),
    [
        (kinds.Float("x", 0.0, 1.0, step=0.1), [i / 10 for i in range(11)]),
        (kinds.Float("x", 1e-4, 1e-1, step=10, sampling="log"), [1e-4, 1e-3, 1e-2, 1e-1]),
        (kinds.Int("x", 6, 13, step=3), [6, 9, 12]),
        (kinds.Int("x", 2, 32, step=2, sampling="log"), [2, 4, 8, 16, 32]),
        (kinds.Int("x", 1, 3, sampling="log"), [1, 2, 3]),
        (kinds.Int("x", 5, 5), [5]),
        (kinds.Float("x", 0.5, 0.5), [0.5]),
        (kinds.Choice("x", ["a", "b"]), ["a", "b"]),
        (kinds.Boolean("x"), [False, True]),
        (kinds.Fixed("x", "only"), ["only"]),
    ],
)
def test_a_finite_range_has_exactly_its_values(hp: kinds.HyperParameter, expected: list) -> None:
    made = made_of(hp)
    assert list(made.values()) == expected
    assert made.count == len(expected)
    assert {made.value(u) for u in np.linspace(0, 1, 1000)} == set(expected)


def test_a_reverse_log_range_is_finest_at_its_upper_end_as_in_kerastuner() -> None:
    kind = kinds.Float("x", 0.1, 1.0, sampling="reverse_log")
    made = made_of(kind)
    assert made.position(0.9) == pytest.approx(kind.value_to_prob(0.9))
    assert made.position(0.9) == pytest.approx(0.69897, rel=1e-4)
    assert made.number_at(made.position(0.9)) == pytest.approx(0.9)
    log = made_of(kinds.Float("x", 0.1, 1.0, sampling="log"))
    assert log.position(0.9) == pytest.approx(0.95424, rel=1e-4)


@given(floats(), units)
def test_positions_are_those_of_kerastuner(kind: kinds.Float, unit: float) -> None:
    made = made_of(kind)
    number = made.number_at(unit)
    kind.step = None
    # KerasTuner computes with the value that it is given; close to an end that may lie outside.
    inside = min(max(number, kind.min_value), kind.max_value)
    assert made.position(inside) == pytest.approx(kind.value_to_prob(inside), abs=1e-9)
    assert made.number_at(made.position(inside)) == pytest.approx(inside)


@given(floats() | ints())
def test_a_range_has_its_ends_at_0_and_1_and_goes_on_beyond(kind: kinds.HyperParameter) -> None:
    made = made_of(kind)
    if not made.numeric:
        return
    assert (made.position(made.low), made.position(made.high)) == pytest.approx((0.0, 1.0))
    assert made.number_at(-0.5) < made.low < made.high < made.number_at(1.5)


@pytest.mark.parametrize(
    ("hp", "number", "expected"),
    [
        (kinds.Float("x", 0.0, 1.0), 0.123456, 0.12),
        (kinds.Float("x", 0.1, 1.0, sampling="reverse_log"), 0.8765, 0.88),
        (kinds.Int("x", 1, 100), 41.7, 42.0),
        (kinds.Int("x", 6, 18, step=3), 13.0, 12.0),
        (kinds.Int("x", 6, 18, step=3), 20.0, 21.0),
        (kinds.Int("x", 16, 512, sampling="log"), 100.4, 100.0),
        (kinds.Int("x", 16, 512, step=2, sampling="log"), 100.0, 128.0),
        (kinds.Int("x", 16, 512, step=2, sampling="log"), 7.5, 8.0),
        (kinds.Int("x", 2, 64, step=2, sampling="log"), 0.3, 1.0),
        # Counted down from its maximum: 100 + 1 - 3 ** k.
        (kinds.Int("x", 1, 100, step=3, sampling="reverse_log"), 90.0, 92.0),
    ],
)
def test_neat_numbers_lie_on_the_steps(
    hp: kinds.HyperParameter, number: float, expected: float
) -> None:
    assert made_of(hp).neat(number) == expected


def test_choices_have_positions_and_no_numbers() -> None:
    made = made_of(kinds.Choice("x", ["a", "b", "c"], default="b"))
    assert [made.position(choice) for choice in (*"abc", "unknown")] == [0.0, 0.5, 1.0, 0.0]
    assert (made.choices, made.default, made.fixed, made.numeric) == ((*"abc",), "b", False, False)
    with pytest.raises(ValueError, match="no range"):
        made.number_at(0.5)


def test_a_hyperparameter_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="Received: Complex"):
        hyperparameter({"class_name": "Complex", "config": {"name": "x"}})
