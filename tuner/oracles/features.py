"""What the model of the space sees of a point: distances that mean something for every kind."""

import numpy as np
from numpy.typing import NDArray

from tuner.space.cube import Masks, SearchSpace
from tuner.space.hyperparameters import Hyperparameter
from tuner.space.scale import Floats


class Features:
    """Maps points of the cube to vectors; a hyperparameter's columns share one length scale.

    - A range, an ordered choice or a boolean is one column from 0 to 1.
    - An unordered choice is one column for each value, so that all values are equally far apart.
    - A hyperparameter that may be inactive lies on an arc of radius 1, and in its center while it
      is inactive: as far from every active value as the ends of the range are from each other, and
      without a distance between two points that both lack it (after Swersky et al., Raiders of the
      Lost Architecture, 2014).

    Attributes:
        groups: For each column the index of its hyperparameter among `SearchSpace.free`.
    """

    def __init__(self, space: SearchSpace) -> None:
        names = [h.name for h in space.hyperparameters]
        optional = [bool(h.conditions) or names.count(h.name) > 1 for h in space.free]
        widths = [_width(h, inactive) for h, inactive in zip(space.free, optional, strict=True)]
        self.groups: NDArray[np.intp] = np.repeat(np.arange(len(widths)), widths)
        first = np.cumsum([0, *widths[:-1]]) if widths else np.empty(0, dtype=int)
        ordered = np.array([h.ordered for h in space.free], dtype=bool)
        self._line = np.flatnonzero(ordered & ~np.array(optional, dtype=bool))
        self._arc = np.flatnonzero(ordered & np.array(optional, dtype=bool))
        self._line_columns, self._arc_columns = first[self._line], first[self._arc]
        self._choices = [(j, first[j], space.free[j].count or 1) for j in np.flatnonzero(~ordered)]
        ends = np.array([h.feature(np.array([0.0, 1.0])) for h in space.free]).reshape(-1, 2)
        self._offset, self._stretch = ends[:, 0], ends[:, 1] - ends[:, 0]

    def of(self, units: Floats, active: Masks) -> Floats:
        """Return the vectors of points.

        Args:
            units: Coordinates, shape (n, d).
            active: Which hyperparameters are active there, shape (n, d).

        Returns:
            Shape (n, number of columns).
        """
        place = self._offset + units * self._stretch
        result = np.zeros((len(units), len(self.groups)))
        result[:, self._line_columns] = place[:, self._line]
        result[:, self._arc_columns] = active[:, self._arc] * np.cos(place[:, self._arc])
        result[:, self._arc_columns + 1] = active[:, self._arc] * np.sin(place[:, self._arc])
        for j, column, count in self._choices:
            index = np.minimum((units[:, j] * count).astype(int), count - 1)
            result[np.arange(len(units)), column + index] = active[:, j] * np.sqrt(0.5)
        return result

    def gradient(self, units: Floats, active: Masks, slope: Floats) -> Floats:
        """Carry a gradient by features back to coordinates; unordered choices have none.

        Args:
            units: Coordinates, shape (n, d).
            active: Which hyperparameters are active there, shape (n, d).
            slope: Derivatives by the columns, shape (n, number of columns).

        Returns:
            Derivatives by the coordinates, shape (n, d).
        """
        place = self._offset + units * self._stretch
        result = np.zeros_like(units)
        result[:, self._line] = slope[:, self._line_columns]
        by_cosine, by_sine = slope[:, self._arc_columns], slope[:, self._arc_columns + 1]
        turned = by_sine * np.cos(place[:, self._arc]) - by_cosine * np.sin(place[:, self._arc])
        result[:, self._arc] = active[:, self._arc] * turned
        return result * self._stretch


def _width(h: Hyperparameter, may_be_inactive: bool) -> int:
    if not h.ordered:
        return h.count or 1
    return 2 if may_be_inactive else 1
