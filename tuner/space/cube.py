"""The search space as a unit cube: one coordinate for each hyperparameter that can vary."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.space.enumeration import Enumeration
from tuner.space.hyperparameters import Condition, Declaration, Hyperparameter, hyperparameter
from tuner.space.scale import Floats

Values = dict[str, Any]
Masks = NDArray[np.bool_]

# Where a hyperparameter lies that is not active: the same place for all, so that points which
# differ only there are one point.
INACTIVE = 0.5


class SearchSpace:
    """A list of hyperparameters, seen as numbers.

    Example:

    ```python
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log")
    space = SearchSpace(hp.get_config()["space"])
    space.decode(np.array([0.5]))  # {"learning_rate": 0.001}
    ```

    Args:
        declarations: As KerasTuner's configuration of a space has them, and ``config.json``.

    Attributes:
        declarations: What the space was made from.
        hyperparameters: In their order, parents before children, without those that are never
            active: a parent is fixed to another value, or an earlier one always has the name.
        free: Those of them that can take more than one value; the columns of the cube.
        optional: Those of them that may be inactive.
        has_defaults: Somebody stated a default.
    """

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        self.declarations = list(declarations)
        self.hyperparameters: list[Hyperparameter] = []
        for h in map(hyperparameter, self.declarations):
            if _possible(h, self.hyperparameters):
                self.hyperparameters.append(h)
        self.free = [h for h in self.hyperparameters if not h.fixed]
        self._columns = {h: j for j, h in enumerate(self.free)}
        named = Counter(h.name for h in self.hyperparameters)
        self.optional = {h for h in self.hyperparameters if h.conditions or named[h.name] > 1}
        # KerasTuner forgets whether a default was given: one that it implies counts as not given.
        self.has_defaults = any(h.default != h.implied_default for h in self.hyperparameters)

    @cached_property
    def points(self) -> Enumeration | None:
        """All points; None when a range is continuous."""
        levels = [(h, h.values()) for h in self.hyperparameters if h.count is not None]
        return Enumeration(levels) if len(levels) == len(self.hyperparameters) else None

    def complete(self, values: Values) -> list[tuple[Hyperparameter, Any]]:
        """Return the active hyperparameters with their values, a missing one at its default."""
        seen: Values = {}
        active = []
        for h in self.hyperparameters:
            if h.active(seen):
                seen[h.name] = values.get(h.name, h.default)
                active.append((h, seen[h.name]))
        return active

    def defaults(self) -> Values:
        """Return the point where each active hyperparameter has its default."""
        return {h.name: value for h, value in self.complete({})}

    def key(self, values: Values) -> str:
        """Return a text that is equal for equal points, whatever inactive values they carry."""
        return json.dumps({h.name: value for h, value in self.complete(values)}, sort_keys=True)

    def declared(self, values: Values) -> dict[str, Hyperparameter]:
        """Return, by name, the declaration that is active for each value of a trial."""
        seen: Values = {}
        found = {}
        for h in self.hyperparameters:
            if h.name in values and h.active(seen):
                seen[h.name], found[h.name] = values[h.name], h
        return found

    def contains(self, values: Values) -> bool:
        """Tell whether a point has all its active values in the ranges of this space."""
        return all(0.0 <= h.unit(value) <= 1.0 for h, value in self.complete(values))

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
        for h, value in self.complete(values):
            if h in self._columns:
                units[self._columns[h]] = h.unit(value)
        return units

    def decode(self, units: Floats) -> Values:
        """Return the values at coordinates, shape (number of `free`,): active ones only."""
        values: Values = {}
        for h in self.hyperparameters:
            if h.active(values):
                column = self._columns.get(h)
                values[h.name] = h.at(0) if column is None else h.value(float(units[column]))
        return values

    def snap(self, units: Floats) -> Floats:
        """Move coordinates, shape (n, d), to where the points that they stand for are encoded."""
        snapped = np.empty_like(units)
        for h, j in self._columns.items():
            snapped[:, j] = h.snap(units[:, j])
        if self.optional:
            snapped[~self.active(snapped)] = INACTIVE
        return snapped

    def active(self, units: Floats) -> Masks:
        """Tell which hyperparameters are active at snapped coordinates, both of shape (n, d)."""
        if not self.optional:
            return np.ones(units.shape, dtype=bool)
        masks: dict[Hyperparameter, Masks] = {}
        for h in self.hyperparameters:
            mask = np.ones(len(units), dtype=bool)
            for condition in h.conditions:
                mask &= self._holds(condition, masks, units)
            for earlier, its_mask in masks.items():
                if earlier.name == h.name:  # The first active declaration of a name has it.
                    mask &= ~its_mask
            masks[h] = mask
        columns = [masks[h] for h in self.free]
        return np.stack(columns, axis=1) if columns else np.empty((len(units), 0), dtype=bool)

    def _holds(
        self, condition: Condition, masks: dict[Hyperparameter, Masks], units: Floats
    ) -> Masks:
        """Tell at which points a condition on a parent holds, from the masks of what precedes."""
        holds = np.zeros(len(units), dtype=bool)
        for parent, mask in masks.items():
            if parent.name != condition.name:
                continue
            column = self._columns.get(parent)
            if column is None:
                holds |= mask & condition.holds({parent.name: parent.at(0)})
            else:
                allowed = np.array([parent.unit(v) for v in condition.values])
                near = np.abs(units[:, column, None] - allowed) < 1e-9
                holds |= mask & near.any(axis=1)
        return holds


def _possible(h: Hyperparameter, before: list[Hyperparameter]) -> bool:
    """Tell whether a hyperparameter can ever be active after those that are declared before it."""

    def can_hold(condition: Condition) -> bool:
        parents = [parent for parent in before if parent.name == condition.name]
        return any(0.0 <= p.unit(value) <= 1.0 for p in parents for value in condition.values)

    taken = any(
        other.name == h.name and all(condition in h.conditions for condition in other.conditions)
        for other in before
    )
    return not taken and all(map(can_hold, h.conditions))
