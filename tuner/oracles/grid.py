"""Grid search: every combination of a few values of each hyperparameter."""

import itertools
from typing import Any

import numpy as np

from data.errors import InputError
from tuner.oracles.oracle import Oracle
from tuner.oracles.quasi_random import sobol_point
from tuner.space.cube import SearchSpace, Values
from tuner.space.dimensions import Dimension
from tuner.space.enumeration import Enumeration, Levels
from tuner.trials.seeds import generator

# A range of so few integers is tried in full, whatever `points_per_range` says.
SHORT_RANGE = 10


class GridOracle(Oracle):
    """Tries the defaults if there are any, then all combinations, each once.

    Row by row, a search that ends before the grid would never see more than the first value of the
    first hyperparameter. So the order is that of a Sobol sequence: after any number of trials each
    hyperparameter has had all its values about equally often. Which points are left follows from
    those that were tried, so a search resumes where it was.

    Args:
        points_per_range: How many values a range is reduced to, both ends included: a Float
            without a step, and an Int without one that has more than `SHORT_RANGE` values.
            Choices, booleans and ranges with a step are tried in full.
        arguments: As for `Oracle`.
    """

    def __init__(self, *arguments: Any, points_per_range: int = 3, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        if points_per_range < 1:
            raise InputError(
                "Expected at least one point for each range. Received: "
                f"points_per_range={points_per_range!r}"
            )
        self.points_per_range = points_per_range
        self._grid: tuple[SearchSpace, Enumeration] | None = None

    @property
    def size(self) -> int:
        """The number of trials that the whole grid takes; it may exceed `max_trials`."""
        return self._enumeration().size + (not self._defaults_on_grid())

    def describe(self) -> dict[str, Any]:
        """Return the grid's facts: values a hyperparameter (in one branch), points, and trials."""
        levels: dict[str, int] = {}
        for d in self.search_space.dimensions:
            levels[d.name] = max(len(self._levels(d)), levels.get(d.name, 0))
        return {
            "points_per_range": self.points_per_range,
            "levels": levels,
            "points": self._enumeration().size,
            "trials": self.size,
        }

    def suggest(self, number: int) -> Values | None:
        """Return a combination that was not tried; see `Oracle.suggest`."""
        grid = self._enumeration()
        values = grid.at(sobol_point(len(self.search_space.dimensions), number, self.seed).tolist())
        if not self.tried(values):
            return values
        start = int(generator(self.seed, number, "suggest").integers(min(grid.size, 2**62)))
        points = (grid.point((start + i) % grid.size) for i in range(grid.size))
        return next((values for values in points if not self.tried(values)), None)

    def _defaults_on_grid(self) -> bool:
        """Whether the defaults, if there are any, are no trial besides the grid."""
        if not self.search_space.has_defaults:
            return True
        defaults = self.search_space.defaults()
        active = self._enumeration().active_levels(defaults)
        return all(defaults[d.name] in levels for d, levels in active)

    def _enumeration(self) -> Enumeration:
        space = self.search_space
        if self._grid is None or self._grid[0] is not space:
            levels: list[Levels] = [(d, self._levels(d)) for d in space.dimensions]
            self._grid = space, Enumeration(levels)
        return self._grid[1]

    def _levels(self, dimension: Dimension) -> list[Any]:
        is_range = hasattr(dimension.hp, "min_value") and dimension.hp.step in (None, 1)
        count = dimension.count
        if not is_range or (count is not None and count <= SHORT_RANGE):
            return list(dimension.values())
        alone = self.points_per_range == 1
        places = [0.5] if alone else np.linspace(0.0, 1.0, self.points_per_range)
        # Values of a logarithmic range of integers may coincide.
        return [value for value, _ in itertools.groupby(dimension.value(float(u)) for u in places)]
