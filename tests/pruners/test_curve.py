import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pruners.curves import falling, known
from tuner.pruners.curve import CurveRule, chance_to_win, promised_gain
from tuner.pruners.pruner import Curves

EPOCHS = 30
OTHERS = known(*(falling(end, EPOCHS) for end in (0.1, 0.2, 0.3, 0.4)), max_epochs=EPOCHS)


def chance(curve: list[float], others: Curves = OTHERS) -> float:
    return chance_to_win(np.fmin.accumulate(curve), others)


def logarithmic(start: float, pace: float, epochs: int) -> list[float]:
    return list(start - pace * np.log(np.arange(1, epochs + 1)))


@pytest.mark.parametrize("epochs", [3, 6, 10, 29])
def test_a_straight_line_on_a_logarithmic_axis_is_continued(epochs: int) -> None:
    curve = np.array(logarithmic(1.0, 0.2, EPOCHS))
    gain = promised_gain(curve[:epochs], EPOCHS)
    assert gain == pytest.approx(curve[epochs - 1] - curve[-1])


def test_several_curves_at_once_promise_what_each_does_alone() -> None:
    rows = OTHERS.best[:, :10]
    assert promised_gain(rows, EPOCHS) == pytest.approx(
        [float(promised_gain(row, EPOCHS)) for row in rows]
    )


def test_the_chance_falls_with_the_distance_and_with_time() -> None:
    by_distance = [chance(falling(end, EPOCHS)[:10]) for end in (0.1, 0.2, 0.4, 0.8)]
    assert by_distance == sorted(by_distance, reverse=True)
    by_time = [chance(falling(0.4, EPOCHS)[:epoch]) for epoch in (4, 8, 16, 24)]
    assert by_time == sorted(by_time, reverse=True)


def test_whoever_equals_the_incumbent_has_to_gain_one_step() -> None:
    """Half the examples of ten are wrong, then two, then one: as good as the best, not better."""
    coarse = known(*[[0.5, 0.2, 0.1, 0.1]] * 20, max_epochs=10)
    fine = known(*[[0.5, 0.2, 0.1, 0.0999]] * 20, max_epochs=10)
    assert chance([0.5, 0.2, 0.1], fine) > 0.9
    assert chance([0.5, 0.2, 0.1], coarse) < 0.1


def test_few_trials_make_it_careful() -> None:
    one = known(falling(0.1, EPOCHS), max_epochs=EPOCHS)
    many = known(*[falling(0.1, EPOCHS)] * 50, max_epochs=EPOCHS)
    hopeless = falling(0.6, EPOCHS)[:5]
    assert chance(hopeless, many) < chance(hopeless, one)


@given(
    st.lists(st.floats(-1, 1), min_size=3, max_size=EPOCHS - 1),
    st.floats(0.1, 100),
    st.floats(-100, 100),
)
def test_neither_scale_nor_offset_of_the_objective_matters(
    curve: list[float], scale: float, offset: float
) -> None:
    curve = [max(value, 0.1) for value in curve]  # None is better than the incumbent.
    moved = known(*(scale * row + offset for row in OTHERS.values), max_epochs=EPOCHS)
    elsewhere = [scale * value + offset for value in curve]
    assert chance(elsewhere, moved) == pytest.approx(chance(curve), abs=1e-3)


def test_a_standstill_is_no_proof() -> None:
    flat = [0.5] * 10
    assert 0 < chance(flat) < chance([0.5] * 9 + [0.45])


def test_the_error_rate_decides() -> None:
    curve = np.array(falling(0.35, EPOCHS)[:8])
    p = chance(list(curve))
    assert CurveRule(p * 1.01)(4, curve, OTHERS) == (
        f"its chance to end better than the best is {100 * p:.1f} %"
    )
    assert CurveRule(p * 0.99)(4, curve, OTHERS) is None


def test_the_first_epochs_are_spared() -> None:
    rule = CurveRule(0.999)
    assert [e for e in range(1, 5) if rule(4, np.full(e, 0.9), OTHERS) is None] == [1, 2]


def test_of_trials_that_end_as_they_should_few_are_stopped_wrongly() -> None:
    """Ends, paces and noise are drawn as the rule believes: gains are exponential shares."""
    dice = np.random.default_rng(0)
    rule = CurveRule(0.05)
    stopped = wrong = 0
    for _ in range(60):
        curves: list[list[float]] = []
        for _ in range(20):
            start, pace = dice.uniform(0.5, 1.0), dice.uniform(0.02, 0.15)
            straight = np.array(logarithmic(start, pace, 10))
            left = dice.exponential(0.5) * pace * np.log(EPOCHS / 10)
            rest = straight[-1] - left * np.linspace(0, 1, EPOCHS - 10)
            curve = np.concatenate([straight, rest])
            others = known(*curves, max_epochs=EPOCHS)
            ends = bool(curves) and curve[9] > others.incumbent
            if ends and rule(len(curves), curve[:10], others):
                stopped += 1
                wrong += curve[-1] < others.incumbent
            else:
                curves.append(list(curve))
    assert stopped > 100
    assert wrong / stopped < 0.05
