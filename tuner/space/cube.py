"""The search space as a unit cube: one coordinate for each hyperparameter that can vary."""

import json
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.space.dimensions import Dimension, Floats, make_dimension
from tuner.space.enumeration import Enumeration

Values = dict[str, Any]
Masks = NDArray[np.bool_]

# Where a hyperparameter lies that is not active: the same place for all, so that points which
# differ only there are one point.
INACTIVE = 0.5


class SearchSpace:
    """A list of KerasTuner's hyperparameters, seen as numbers.

    Example:

    ```python
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log")
    space = SearchSpace(hp.space)
    space.decode(np.array([0.5]))  # {"learning_rate": 0.001}
    ```

    Attributes:
        dimensions: One for each hyperparameter, parents before children.
        free: Those of them that can take more than one value; the columns of the cube.
    """

    def __init__(self, hyperparameters: list[Any]) -> None:
        self.dimensions = [make_dimension(hp) for hp in hyperparameters]
        self.free = [d for d in self.dimensions if d.count != 1]
        self._columns = {id(d): j for j, d in enumerate(self.free)}

    @cached_property
    def has_defaults(self) -> bool:
        """Whether anybody stated a default; see `Dimension.explicit_default`."""
        return any(d.explicit_default for d in self.dimensions)

    @cached_property
    def conditional(self) -> bool:
        """Whether a hyperparameter may be inactive."""
        names = [d.name for d in self.dimensions]
        return len(set(names)) < len(names) or any(d.conditions for d in self.dimensions)

    @cached_property
    def size(self) -> int | None:
        """The number of different points; None when a range is continuous."""
        if any(d.count is None for d in self.dimensions):
            return None
        return self._enumeration.size

    @cached_property
    def _enumeration(self) -> Enumeration:
        return Enumeration([(d, d.values()) for d in self.dimensions])

    def point(self, index: int) -> Values:
        """Return one of the `size` points of a finite space, counted from 0."""
        return self._enumeration.point(index)

    def complete(self, values: Values) -> list[tuple[Dimension, Any]]:
        """Return the active hyperparameters with their values, a missing one at its default."""
        seen: Values = {}
        active = []
        for d in self.dimensions:
            if d.name not in seen and all(c.is_active(seen) for c in d.conditions):
                seen[d.name] = values.get(d.name, d.hp.default)
                active.append((d, seen[d.name]))
        return active

    def defaults(self) -> Values:
        """Return the point where each active hyperparameter has its default."""
        return {d.name: value for d, value in self.complete({})}

    def key(self, values: Values) -> str:
        """Return a text that is equal for equal points, whatever inactive values they carry."""
        return json.dumps({d.name: value for d, value in self.complete(values)}, sort_keys=True)

    def contains(self, values: Values) -> bool:
        """Tell whether a point has all its active values in the ranges of this space."""
        return all(0.0 <= d.unit(value) <= 1.0 for d, value in self.complete(values))

    def encode(self, values: Values) -> Floats:
        """Return the coordinates of a point, shape (number of `free`,).

        Args:
            values: Names to values. What is missing counts as its default, what is unknown to the
                space is left out.

        Returns:
            Coordinates in [0, 1]. A number outside its range lies outside [0, 1]; a choice that the
            space does not have, or a number that its scale cannot show, is NaN.
        """
        units = np.full(len(self.free), INACTIVE)
        for d, value in self.complete(values):
            if id(d) in self._columns:
                units[self._columns[id(d)]] = d.unit(value)
        return units

    def decode(self, units: Floats) -> Values:
        """Return the values at coordinates, shape (number of `free`,): active ones only."""
        values: Values = {}
        for d in self.dimensions:
            if d.name not in values and all(c.is_active(values) for c in d.conditions):
                column = self._columns.get(id(d))
                values[d.name] = d.at(0) if column is None else d.value(float(units[column]))
        return values

    def snap(self, units: Floats) -> Floats:
        """Move coordinates, shape (n, d), to where the points that they stand for are encoded."""
        snapped = np.empty_like(units)
        for j, d in enumerate(self.free):
            snapped[:, j] = d.snap(units[:, j])
        if self.conditional:
            snapped[~self.active(snapped)] = INACTIVE
        return snapped

    def active(self, units: Floats) -> Masks:
        """Tell which hyperparameters are active at snapped coordinates, both of shape (n, d)."""
        if not self.conditional:
            return np.ones(units.shape, dtype=bool)
        masks: list[Masks] = []
        for d in self.dimensions:
            mask = np.ones(len(units), dtype=bool)
            for condition in d.conditions:
                mask &= self._holds(condition, masks, units)
            for earlier, other in zip(masks, self.dimensions, strict=False):
                if other.name == d.name:  # The first active declaration of a name has it.
                    mask &= ~earlier
            masks.append(mask)
        columns = [m for m, d in zip(masks, self.dimensions, strict=True) if id(d) in self._columns]
        return np.stack(columns, axis=1) if columns else np.empty((len(units), 0), dtype=bool)

    def _holds(self, condition: Any, masks: list[Masks], units: Floats) -> Masks:
        """Tell at which points a condition on a parent holds, from the masks of what precedes."""
        holds = np.zeros(len(units), dtype=bool)
        for mask, parent in zip(masks, self.dimensions, strict=False):
            if parent.name != condition.name:
                continue
            column = self._columns.get(id(parent))
            if column is None:
                holds |= mask & condition.is_active({parent.name: parent.at(0)})
            else:
                allowed = np.array([parent.unit(v) for v in condition.values])
                near = np.abs(units[:, column, None] - allowed) < 1e-9
                holds |= mask & near.any(axis=1)
        return holds

    def difference(self, other: "SearchSpace") -> str:
        """Say in words which declarations of this space the other one lacks or has otherwise."""
        theirs = {(d.name, str(d.hp.get_config()["conditions"])): d.hp for d in other.dimensions}
        lines = []
        for d in self.dimensions:
            match = theirs.get((d.name, str(d.hp.get_config()["conditions"])))
            if match is None:
                lines.append(f"{d.name} is not there")
            elif json.dumps(match.get_config()) != json.dumps(d.hp.get_config()):
                lines.append(f"{d.name} was {match!r} and is now {d.hp!r}")
        return "; ".join(lines)
