"""What a Bayesian search makes of trials that were stopped early."""

import keras_tuner
import pytest

from tests.oracles.spaces import Asked, ask
from tuner.trials.ending import Cause
from tuner.trials.objective import Direction


def line() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    return hp


def after_pruning(direction: Direction, expected: float | None) -> Asked:
    """Trials on a slope, better to the right, where the rightmost one was stopped."""
    sign = 1 if direction == "min" else -1
    asked = ask("bayesian", line(), direction, num_initial_points=1)
    for number, x in enumerate((0.0, 0.2, 0.4, 0.6)):
        asked.replay(number, {"x": x}, sign * (1 - x))
    asked.replay(4, {"x": 0.9})
    end = None if expected is None else sign * expected
    asked.conclude(4, Cause.CURVE, sign * 2.0, expected=end)
    return asked


@pytest.mark.parametrize("direction", ["min", "max"])
def test_the_expected_end_is_learned_from(direction: Direction) -> None:
    good, bad = after_pruning(direction, 0.4), after_pruning(direction, 3.0)
    suggested = [asked.propose(5) for asked in (good, bad)]
    assert suggested[0] is not None
    assert suggested[1] is not None
    assert suggested[0]["x"] > 0.6
    assert abs(suggested[1]["x"] - 0.9) > abs(suggested[0]["x"] - 0.9)


def test_without_one_its_score_is_a_bound() -> None:
    values = after_pruning("min", None).propose(5)
    assert values is not None
    assert values["x"] > 0.6
