"""Counting the points of a product of values with conditional branches, and finding the i-th."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tuner.space.dimensions import Dimension

Levels = tuple[Dimension, Sequence[Any]]


class Enumeration:
    """All combinations of given values, numbered in mixed radix: the last name varies fastest.

    A combination holds active hyperparameters only, so that branches differ in length. Nothing is
    listed: a point is computed from its number, and the size from the conditions.
    """

    def __init__(self, levels: list[Levels]) -> None:
        self._levels = levels
        self._parents = {c.name for d, _ in levels for c in d.conditions}
        self._names = [d.name for d, _ in levels]
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
        for i, (d, levels) in enumerate(self._levels):
            if not self._active(d, values):
                continue
            if not self._branches(d):
                position, index = divmod(index, self._count(i + 1, values))
                values[d.name] = levels[position]
                continue
            for value in levels:
                below = self._count(i + 1, {**values, d.name: value})
                if index < below:
                    values[d.name] = value
                    break
                index -= below
        return values

    def at(self, places: Sequence[float]) -> dict[str, Any]:
        """Return the combination at a place of the unit cube.

        Args:
            places: One from 0 to 1 for each dimension, which its values divide equally.
        """
        values: dict[str, Any] = {}
        for (d, levels), place in zip(self._levels, places, strict=True):
            if self._active(d, values):
                values[d.name] = levels[min(int(place * len(levels)), len(levels) - 1)]
        return values

    def active_levels(self, values: dict[str, Any]) -> list[Levels]:
        """Return the dimensions that are active at a point, with the values they may take."""
        seen: dict[str, Any] = {}
        active = []
        for d, levels in self._levels:
            if self._active(d, seen):
                seen[d.name] = values[d.name]
                active.append((d, levels))
        return active

    def _count(self, i: int, values: dict[str, Any]) -> int:
        """Count the combinations of the dimensions from i on, given the values before."""
        if i == len(self._levels):
            return 1
        d, levels = self._levels[i]
        known = tuple((n, values[n]) for n in self._names[:i] if self._matters(n) and n in values)
        if (i, known) not in self._sizes:
            if not self._active(d, values):
                size = self._count(i + 1, values)
            elif not self._branches(d):
                size = len(levels) * self._count(i + 1, {**values, d.name: None})
            else:
                size = sum(self._count(i + 1, {**values, d.name: value}) for value in levels)
            self._sizes[i, known] = size
        return self._sizes[i, known]

    def _active(self, d: Dimension, values: dict[str, Any]) -> bool:
        return d.name not in values and all(c.is_active(values) for c in d.conditions)

    def _branches(self, d: Dimension) -> bool:
        return d.name in self._parents

    def _matters(self, name: str) -> bool:
        """Whether later counts depend on a name: it is a parent, or is declared several times."""
        return name in self._parents or self._names.count(name) > 1
