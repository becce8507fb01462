"""A range of numbers as a ruler from 0 to 1."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A range of numbers drawn as a ruler from 0 to 1: linear, log or reverse_log.

    Attributes:
        low: The value at 0.
        high: The value at 1.
        sampling: KerasTuner's word for the spacing of the ruler. That of reverse_log is finest at
            the upper end: it is a log ruler read from there.
    """

    low: float
    high: float
    sampling: str

    def position(self, value: Floats | float) -> Floats:
        """Return where values lie on the ruler; outside the range that is below 0 or above 1."""
        value = np.asarray(value, dtype=float)
        if self.sampling == "linear":
            return (value - self.low) / (self.high - self.low)
        span = math.log(self.high / self.low)
        with np.errstate(all="ignore"):  # What no logarithm shows is NaN.
            if self.sampling == "log":
                return np.log(value / self.low) / span
            return 1.0 - np.log((self.high + self.low - value) / self.low) / span

    def value(self, position: Floats | float) -> Floats:
        """Return the values at positions; the inverse of `position`."""
        position = np.asarray(position, dtype=float)
        if self.sampling == "linear":
            return self.low + position * (self.high - self.low)
        ratio = self.high / self.low
        if self.sampling == "log":
            return self.low * ratio**position
        return self.high + self.low - self.low * ratio ** (1.0 - position)
