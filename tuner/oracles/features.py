"""What the model of the space sees of a point: distances that mean something for every kind."""

import numpy as np
from numpy.typing import NDArray

from tuner.space.cube import Masks, SearchSpace
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
        free = space.free
        optional = np.array([h in space.optional for h in free], dtype=bool)
        ordered = np.array([h.ordered for h in free], dtype=bool)
        counts = np.array([h.count or 1 for h in free], dtype=int)
        widths = np.where(ordered, 1 + optional, counts)
        self.groups: NDArray[np.intp] = np.repeat(np.arange(len(free)), widths)
        first = np.cumsum(widths) - widths
        self._line = np.flatnonzero(ordered & ~optional)
        self._arc = np.flatnonzero(ordered & optional)
        self._line_columns, self._arc_columns = first[self._line], first[self._arc]
        self._choices = [(j, first[j], counts[j]) for j in np.flatnonzero(~ordered)]
        # The first value lies at 0 and the last at 1.
        ends = np.array([h.snap(np.array([0.0, 1.0])) for h in free]).reshape(-1, 2)
        low, extent = ends[:, 0], ends[:, 1] - ends[:, 0]
        self._offset = -low / extent
        self._stretch = (1.0 - low) / extent - self._offset

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
            units: As for `of`.
            active: As for `of`.
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
