"""How often "better" is said: seldom by chance, mostly where it is true."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.command_line.options import SEEDS_TO_COMPARE
from tuner.retraining.adoption import CONFIDENCE, compare
from tuner.trials.objective import Objective

ACCURACY = Objective("val_accuracy", "max")
LOSS = Objective("val_loss", "min")


def said_better(gap: float, pairs: int, seeds: int = SEEDS_TO_COMPARE, simulation: int = 0) -> int:
    """Count how often a configuration is called better, of simulated pairs of configurations.

    Args:
        gap: The true difference, in spreads of retraining.
        pairs: How many pairs of configurations.
        seeds: How many trainings of each.
        simulation: The seed of the simulation.
    """
    rng = np.random.default_rng(simulation)
    return sum(
        compare(
            list(rng.normal(0.9 + 0.01 * gap, 0.01, seeds)),
            list(rng.normal(0.9, 0.01, seeds)),
            ACCURACY,
        ).better
        for _ in range(pairs)
    )


@pytest.mark.parametrize("simulation", range(5))
def test_without_a_difference_better_is_said_at_most_at_the_stated_rate(simulation: int) -> None:
    assert said_better(0, pairs=100, simulation=simulation) <= 100 * (1 - CONFIDENCE)


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_the_rate_is_that_of_one_side(seeds: int) -> None:
    rate = (1 - CONFIDENCE) / 2
    said = said_better(0, pairs=2000, seeds=seeds)
    assert said <= 2000 * rate + 3 * (2000 * rate) ** 0.5
    if seeds > 2:
        assert said >= 2000 * rate - 3 * (2000 * rate) ** 0.5


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_accuracies_of_few_examples_do_not_raise_the_rate(seeds: int) -> None:
    rng = np.random.default_rng(0)
    said = sum(
        compare(
            list(rng.binomial(27, 0.97, seeds) / 27),
            list(rng.binomial(27, 0.97, seeds) / 27),
            ACCURACY,
        ).better
        for _ in range(1000)
    )
    assert said <= 1000 * (1 - CONFIDENCE) / 2 + 15


def test_a_gap_of_two_spreads_is_found_in_most() -> None:
    assert said_better(2, pairs=100) > 50
    assert said_better(2, pairs=100, seeds=10) > 90


def test_the_interval_holds_the_true_gain_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        found = compare(list(rng.normal(1.5, 1, 5)), list(rng.normal(1, 1, 5)), ACCURACY)
        assert found.interval is not None
        held += found.interval[0] <= 0.5 <= found.interval[1]
    assert 0.93 <= held / 1000 <= 0.97


@given(st.lists(st.tuples(*[st.floats(0, 1, width=16)] * 2), min_size=2, max_size=12))
def test_verdict_interval_and_p_value_agree_and_a_loss_is_an_accuracy_upside_down(
    pairs: list[tuple[float, float]],
) -> None:
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    found = compare(ours, theirs, ACCURACY)
    assert found.interval is not None
    assert found.p_value is not None
    low, high = found.interval
    assert low <= (found.gain or 0.0) <= high
    if found.better:
        assert low > 0
        assert found.p_value < 1 - CONFIDENCE
    assert compare([-s for s in ours], [-s for s in theirs], LOSS) == found


def test_equal_differences_are_not_taken_for_certainty() -> None:
    assert not compare([0.96, 0.96, 0.96], [0.93, 0.93, 0.93], ACCURACY).better
    assert compare([0.96] * 6, [0.93] * 6, ACCURACY).better
    assert not compare([0.96] * 6, [0.96] * 6, ACCURACY).better


def test_what_diverges_where_the_default_does_not_is_not_better() -> None:
    found = compare([0.99, None, 0.98, 0.99], [0.5, 0.5, 0.51, 0.5], ACCURACY)
    assert not found.better
    assert found.text == "No better than the default: it diverged with seed 1"


def test_a_default_that_diverges_leaves_its_pair_out() -> None:
    found = compare([0.99, 0.9, 0.98, 0.99], [0.5, None, 0.51, 0.52], ACCURACY)
    assert found.pairs == 3
    assert found.better


def test_one_pair_decides_nothing() -> None:
    found = compare([0.9, None], [0.5, None], ACCURACY)
    assert not found.better
    assert found.text.startswith("Undecided")


def test_the_verdict_has_its_numbers() -> None:
    better = compare([0.95, 0.96, 0.97], [0.90, 0.90, 0.91], ACCURACY)
    assert better.text == "Better than the default by 0.0567 [+0.0423, +0.0710], p = 0.0034"
    chance = compare([0.95, 0.90, 0.97], [0.90, 0.95, 0.91], ACCURACY)
    assert chance.text.startswith("Not shown to be better than the default: gain +0.0200 [-0.1")
    worse = compare([0.90, 0.95, 0.91], [0.95, 0.90, 0.97], ACCURACY)
    assert worse.text.startswith("No better than the default: gain -0.0200 [-0.1")
    assert "--seeds" not in worse.text


@pytest.mark.parametrize("effect", [0.4, 0.8, 1.2])
def test_the_seeds_that_are_proposed_show_such_a_gain_four_times_out_of_five(effect: float) -> None:
    gains = effect + np.array([-1.0, 0.0, 1.0])  # Of standard deviation 1.
    found = compare(list(gains), [0.0] * 3, ACCURACY)
    proposed = re.search(r"about (\d+) seeds would show such a gain \(--seeds \1\)$", found.text)
    assert proposed, found.text
    seeds, rng = int(proposed[1]), np.random.default_rng(0)
    shown = sum(
        compare(list(rng.normal(effect, 1, seeds)), [0.0] * seeds, ACCURACY).better
        for _ in range(500)
    )
    assert 0.75 <= shown / 500 <= 0.88


def test_gains_that_are_equal_or_tiny_say_what_they_take() -> None:
    equal = compare([0.5] * 3, [0.25] * 3, ACCURACY)
    assert equal.text.endswith("about 6 seeds would show such a gain (--seeds 6)")
    assert compare([0.5] * 6, [0.25] * 6, ACCURACY).better
    tiny = compare([0.5, 0.7, 0.61], [0.6, 0.6, 0.6], ACCURACY)
    assert tiny.text.endswith("so small a gain takes more than 100 seeds to show")
