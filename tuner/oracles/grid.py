"""Grid search: every combination of a few values of each hyperparameter."""

import itertools
from typing import Any

import numpy as np

from data.errors import InputError
from tuner.oracles.base import Oracle
from tuner.oracles.dimensions import Dimension
from tuner.oracles.enumeration import Enumeration, Levels
from tuner.oracles.space import SearchSpace, Values

# A range of so few integers is tried in full, whatever `points_per_range` says.
SHORT_RANGE = 10


class GridOracle(Oracle):
    """Tries the defaults if there are any, then all combinations in order, each once.

    Which points are left follows from those that were tried, so a search resumes where it was.

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
        self._next = 0

    @property
    def size(self) -> int:
        """The number of trials that the whole grid takes; it may exceed `max_trials`."""
        grid, space = self._enumeration(), self.search_space
        if not space.has_defaults:
            return grid.size
        defaults = space.defaults()
        on_grid = all(defaults[d.name] in levels for d, levels in grid.active_levels(defaults))
        return grid.size + (not on_grid)

    def suggest(self, number: int) -> Values | None:
        """Return the first combination that was not tried; see `Oracle.suggest`."""
        grid = self._enumeration()
        # What was tried stays tried, so that the search for the next goes on from the last one.
        while self._next < grid.size and self.tried(grid.point(self._next)):
            self._next += 1
        return grid.point(self._next) if self._next < grid.size else None

    def _enumeration(self) -> Enumeration:
        space = self.search_space
        if self._grid is None or self._grid[0] is not space:
            levels: list[Levels] = [(d, self._levels(d)) for d in space.dimensions]
            self._grid, self._next = (space, Enumeration(levels)), 0
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
