"""The belief that good points lie near the starts."""

from typing import Any

import keras_tuner
import numpy as np
import pytest

from tests.oracles.spaces import mixed_space, search_space, with_defaults
from tuner.oracles.nearness import FARTHEST, Nearness


@pytest.mark.parametrize("make", [with_defaults, mixed_space])
def test_the_gradient_of_nearness_is_its_derivative(make: Any) -> None:
    space = search_space(make())
    starts = [space.decode(np.full(len(space.free), place)) for place in (0.2, 0.7)]
    nearness = Nearness(space, starts)
    units = np.random.default_rng(0).random((20, len(space.free)))
    values, slopes = nearness.with_gradient(units)
    assert (values <= 0).all()
    assert (values >= np.log(FARTHEST)).all()
    for j, h in enumerate(space.free):
        if h.ordered:
            step = np.zeros(len(space.free))
            step[j] = 1e-6
            difference = (nearness(units + step) - nearness(units - step)) / 2e-6
            assert slopes[:, j] == pytest.approx(difference, abs=1e-4)


def test_only_what_has_a_default_is_near_or_far() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("stated", 0.0, 1.0, default=0.6)
    hp.Float("silent", 0.0, 1.0)
    space = search_space(hp)
    nearness = Nearness(space, [space.defaults()])
    near, far = nearness(np.array([[0.6, 0.9], [0.1, 0.0]]))
    assert near == pytest.approx(0.0)
    assert far < -1
