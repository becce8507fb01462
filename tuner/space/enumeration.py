"""Counting the points of a product of values with conditional branches, and finding the i-th."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from tuner.space.hyperparameters import Hyperparameter


class Enumeration:
    """All combinations of given values, numbered in mixed radix: the last name varies fastest.

    A combination holds active hyperparameters only, so that branches differ in length. Nothing is
    listed: a point is computed from its number, and the size from the conditions.
    """

    def __init__(self, levels: list[tuple[Hyperparameter, Sequence[Any]]]) -> None:
        self._levels = levels
        self._parents = {c.name for h, _ in levels for c in h.conditions}
        self._names = [h.name for h, _ in levels]
        # Later counts depend on a name that is a parent, or is declared several times.
        self._matter = self._parents | {n for n, k in Counter(self._names).items() if k > 1}
        self._sizes: dict[Any, int] = {}

    @cached_property
    def size(self) -> int:
        """The number of combinations."""
        return self._count(0, {})

    def point(self, index: int) -> dict[str, Any]:
        """Return the combination with a number from 0 to `size` - 1.

        Raises:
            IndexError: There is no such number.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"Expected an index below {self.size}. Received: {index}")
        values: dict[str, Any] = {}
        for i, (h, levels) in enumerate(self._levels):
            if not h.active(values):
                continue
            if h.name not in self._parents:
                position, index = divmod(index, self._count(i + 1, values))
                values[h.name] = levels[position]
                continue
            for value in levels:
                below = self._count(i + 1, {**values, h.name: value})
                if index < below:
                    values[h.name] = value
                    break
                index -= below
        return values

    def first_not(
        self, tried: Callable[[dict[str, Any]], bool], start: int = 0
    ) -> dict[str, Any] | None:
        """Return the first combination, from a number on and round, that was not tried."""
        points = (self.point((start + i) % self.size) for i in range(self.size))
        return next(itertools.filterfalse(tried, points), None)

    def at(self, places: Sequence[float]) -> dict[str, Any]:
        """Return the combination at a place of the unit cube.

        Args:
            places: One from 0 to 1 for each hyperparameter, which its values divide equally.
        """
        values: dict[str, Any] = {}
        for (h, levels), place in zip(self._levels, places, strict=True):
            if h.active(values):
                values[h.name] = levels[min(int(place * len(levels)), len(levels) - 1)]
        return values

    def _count(self, i: int, values: dict[str, Any]) -> int:
        """Count the combinations of the hyperparameters from i on, given the values before."""
        if i == len(self._levels):
            return 1
        before = [name for name in self._names[:i] if name in self._matter]
        known = tuple((name, values[name]) for name in before if name in values)
        if (i, known) not in self._sizes:
            h, levels = self._levels[i]
            if not h.active(values):
                size = self._count(i + 1, values)
            elif h.name not in self._parents:
                size = len(levels) * self._count(i + 1, {**values, h.name: None})
            else:
                size = sum(self._count(i + 1, {**values, h.name: value}) for value in levels)
            self._sizes[i, known] = size
        return self._sizes[i, known]
