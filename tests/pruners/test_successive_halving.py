from collections import Counter

import numpy as np
import pytest

from tests.pruners.curves import known
from tuner.pruners.successive_halving import SuccessiveHalving, bracket, hyperband, rungs

RULE = SuccessiveHalving()


def flat(*levels: float, whole: list[bool] | None = None) -> object:
    return known(*([level] * 27 for level in levels), max_epochs=27, whole=whole)


@pytest.mark.parametrize(
    ("max_epochs", "count", "expected"),
    [(27, 2, [3, 9]), (27, 3, [1, 3, 9]), (52, 2, [6, 18]), (3, 3, [1]), (1, 2, []), (9, 0, [])],
)
def test_rungs_are_thirds_of_the_whole(max_epochs: int, count: int, expected: list[int]) -> None:
    assert rungs(max_epochs, count) == expected


@pytest.mark.parametrize("epochs", [3, 9])
def test_the_best_third_goes_on(epochs: int) -> None:
    others = flat(1.0, 2.0, 3.0, 4.0, 5.0)
    going = [e for e in np.arange(0.5, 6.0) if RULE(5, np.full(epochs, e), others) is None]
    assert going == [0.5, 1.5]
    reason = RULE(5, np.full(epochs, 2.5), others)
    assert reason == f"behind 2 of 5 trials after {epochs} epochs"


def test_between_rungs_nobody_is_compared() -> None:
    others = flat(1.0, 2.0, 3.0, 4.0, 5.0)
    assert [e for e in range(1, 27) if RULE(5, np.full(e, 9.0), others)] == [3, 9]


def test_of_the_first_trials_the_best_goes_on() -> None:
    assert RULE(1, np.full(3, 0.9), flat(1.0)) is None
    assert RULE(1, np.full(3, 1.1), flat(1.0)) is not None


def test_a_stopped_trial_counts_up_to_where_it_came() -> None:
    others = known([1.0] * 27, *[[0.1] * 3] * 5, max_epochs=27, whole=[True] + [False] * 5)
    assert RULE(6, np.full(3, 0.5), others) is not None
    assert RULE(6, np.full(9, 0.5), others) is None


def test_a_trial_that_ended_by_itself_counts_at_later_rungs() -> None:
    assert RULE(1, np.full(9, 2.0), known([1.0] * 4, max_epochs=27)) is not None


def test_brackets_mix_as_hyperband_gives_them() -> None:
    assert Counter(bracket(n) for n in range(49)) == {3: 27, 2: 12, 1: 6, 0: 4}
    assert set(map(bracket, range(10))) == {0, 1, 2, 3}


def test_rivals_are_those_of_the_same_bracket() -> None:
    good = flat(*[1.0] * 20)
    ends = {
        bracket(n): [e for e in range(1, 27) if hyperband(n, np.full(e, 2.0), good)]
        for n in range(20, 40)
    }
    assert ends == {0: [], 1: [9], 2: [3, 9], 3: [1, 3, 9]}
    others = [n for n in range(20) if bracket(n) != bracket(20)]
    elsewhere = good.take(np.isin(good.numbers, others))  # type: ignore[attr-defined]
    assert hyperband(20, np.full(3, 2.0), elsewhere) is None
