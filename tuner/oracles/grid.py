"""Grid search: every combination of a few values of each hyperparameter."""

import itertools
from typing import Any

import numpy as np

from data.errors import InputError
from tuner.oracles.quasi_random import sobol_point
from tuner.oracles.strategy import Strategy, Tried
from tuner.space.cube import Values
from tuner.space.enumeration import Enumeration
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.known import Known
from tuner.trials.seeds import generator

# A range of so few integers is tried in full, whatever `points_per_range` says.
SHORT_RANGE = 10


class Grid(Strategy):
    """Tries the defaults if there are any, then all combinations, each once.

    Row by row, a search that ends before the grid would never see more than the first value of the
    first hyperparameter. So the order is that of a Sobol sequence: after any number of trials each
    hyperparameter has had all its values about equally often. Which points are left follows from
    those that were tried, so a search resumes where it was.

    Args:
        points_per_range: How many values a range is reduced to, both ends included: a Float
            without a step, and an Int without one that has more than `SHORT_RANGE` values.
            Choices, booleans and ranges with a step are tried in full.
        arguments: As for `Strategy`.
    """

    def __init__(self, *arguments: Any, points_per_range: int = 3, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        if points_per_range < 1:
            raise InputError(
                "Expected at least one point for each range. Received: "
                f"points_per_range={points_per_range!r}"
            )
        self.points_per_range = points_per_range
        self._grid = Enumeration([(h, self._levels(h)) for h in self.space.hyperparameters])

    @property
    def size(self) -> int:
        """The number of trials that the whole grid takes; it may exceed `max_trials`."""
        on_grid = all(value in self._levels(h) for h, value in self.space.complete({}))
        return self._grid.size + (self.space.has_defaults and not on_grid)

    def describe(self) -> dict[str, Any]:
        """Return the grid's facts: values a hyperparameter (in one branch), points, and trials."""
        levels: dict[str, int] = {}
        for h in self.space.hyperparameters:
            levels[h.name] = max(len(self._levels(h)), levels.get(h.name, 0))
        return {
            "points_per_range": self.points_per_range,
            "levels": levels,
            "points": self._grid.size,
            "trials": self.size,
        }

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        grid, width = self._grid, len(self.space.hyperparameters)
        values = grid.at(sobol_point(width, number, self.seed).tolist())
        if not tried(values):
            return values
        start = int(generator(self.seed, number, "suggest").integers(min(grid.size, 2**62)))
        return grid.first_not(tried, start)

    def _levels(self, h: Hyperparameter) -> list[Any]:
        is_range = h.numeric and h.step in (None, 1)
        if not is_range or (h.count is not None and h.count <= SHORT_RANGE):
            return list(h.values())
        alone = self.points_per_range == 1
        places = [0.5] if alone else np.linspace(0.0, 1.0, self.points_per_range)
        # Values of a logarithmic range of integers may coincide.
        return [value for value, _ in itertools.groupby(h.value(float(u)) for u in places)]
