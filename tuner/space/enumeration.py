"""Counting the points of a product of values with conditional branches, and finding the i-th."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tuner.space.hyperparameters import Hyperparameter

Levels = tuple[Hyperparameter, Sequence[Any]]


class Enumeration:
    """All combinations of given values, numbered in mixed radix: the last name varies fastest.

    A combination holds active hyperparameters only, so that branches differ in length. Nothing is
    listed: a point is computed from its number, and the size from the conditions.
    """

    def __init__(self, levels: list[Levels]) -> None:
        self._levels = levels
        self._parents = {c.name for h, _ in levels for c in h.conditions}
        self._names = [h.name for h, _ in levels]
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
            if not self._active(h, values):
                continue
            if not self._branches(h):
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

    def at(self, places: Sequence[float]) -> dict[str, Any]:
        """Return the combination at a place of the unit cube.

        Args:
            places: One from 0 to 1 for each hyperparameter, which its values divide equally.
        """
        values: dict[str, Any] = {}
        for (h, levels), place in zip(self._levels, places, strict=True):
            if self._active(h, values):
                values[h.name] = levels[min(int(place * len(levels)), len(levels) - 1)]
        return values

    def active_levels(self, values: dict[str, Any]) -> list[Levels]:
        """Return the hyperparameters that are active at a point, with the values they may take."""
        seen: dict[str, Any] = {}
        active = []
        for h, levels in self._levels:
            if self._active(h, seen):
                seen[h.name] = values[h.name]
                active.append((h, levels))
        return active

    def _count(self, i: int, values: dict[str, Any]) -> int:
        """Count the combinations of the hyperparameters from i on, given the values before."""
        if i == len(self._levels):
            return 1
        h, levels = self._levels[i]
        known = tuple((n, values[n]) for n in self._names[:i] if self._matters(n) and n in values)
        if (i, known) not in self._sizes:
            if not self._active(h, values):
                size = self._count(i + 1, values)
            elif not self._branches(h):
                size = len(levels) * self._count(i + 1, {**values, h.name: None})
            else:
                size = sum(self._count(i + 1, {**values, h.name: value}) for value in levels)
            self._sizes[i, known] = size
        return self._sizes[i, known]

    def _active(self, h: Hyperparameter, values: dict[str, Any]) -> bool:
        return h.name not in values and all(c.holds(values) for c in h.conditions)

    def _branches(self, h: Hyperparameter) -> bool:
        return h.name in self._parents

    def _matters(self, name: str) -> bool:
        """Whether later counts depend on a name: it is a parent, or is declared several times."""
        return name in self._parents or self._names.count(name) > 1
