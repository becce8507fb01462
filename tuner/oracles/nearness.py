"""A belief that good points lie near those that somebody has found to be good: the starts.

Source: Hvarfner et al., πBO: Augmenting Acquisition Functions with User Beliefs for Bayesian
Optimization (ICLR 2022), for a belief whose weight fades as trials tell better.
"""

from collections.abc import Sequence

import numpy as np

from tuner.space.cube import SearchSpace, Values
from tuner.space.scale import Floats

# What is near: so far off in each coordinate. Another choice is as far as half of a range.
NEAR, OTHER_CHOICE = 0.2, 0.5
# What is believed of the farthest point, where 1 is believed of a start: never that it is hopeless.
FARTHEST = 0.05


class Nearness:
    """How much is believed of a point by its distance from the nearest start, in logarithms.

    The distance is a mean over coordinates, so that it does not depend on their number. One that
    nobody has stated a default of does not count.

    Args:
        space: Where the points are.
        starts: One or more points.
    """

    def __init__(self, space: SearchSpace, starts: Sequence[Values]) -> None:
        self._starts = np.array([space.encode(values) for values in starts])
        stated = np.array([h.default != h.implied_default for h in space.free], dtype=float)
        self._weights = stated / max(stated.sum(), 1.0)
        self._ordered = np.array([h.ordered for h in space.free])

    def __call__(self, units: Floats) -> Floats:
        """Return the logarithms, at most 0, of points, shape (m, d)."""
        return self.with_gradient(units)[0]

    def with_gradient(self, units: Floats) -> tuple[Floats, Floats]:
        """Return the logarithms, shape (m,), and their derivatives, shape (m, d)."""
        offsets = units[:, None] - self._starts
        offsets = np.where(self._ordered, offsets, OTHER_CHOICE * (np.abs(offsets) > 1e-6))
        squares = np.square(offsets) @ self._weights
        nearest = squares.argmin(axis=1)
        rows = np.arange(len(units))
        near = np.exp(-0.5 * squares[rows, nearest] / NEAR**2)
        believed = FARTHEST + (1.0 - FARTHEST) * near
        slope = -offsets[rows, nearest] * self._weights * self._ordered / NEAR**2
        return np.log(believed), ((1.0 - FARTHEST) * near / believed)[:, None] * slope
