"""Scores as the model sees them: what is bad need not be told apart."""

import numpy as np

from tuner.space.scale import Floats


class OutputTransform:
    """Standardizes scores by their better half, and squashes the worse one.

    A diverged or useless configuration may score orders of magnitude worse than a good one; how bad
    it is says nothing about where the best is, but would take up all of the model's variance.

    Args:
        y: Finite scores, smaller is better, shape (n,), n > 0.
    """

    def __init__(self, y: Floats) -> None:
        self._center = float(np.median(y))
        better = y[y <= self._center] - self._center
        self._spread = float(np.sqrt(np.mean(better**2))) or float(np.std(y)) or 1.0
        squashed = self._squash(y)
        self._mean, self._deviation = float(squashed.mean()), float(squashed.std()) or 1.0

    def __call__(self, y: Floats) -> Floats:
        """Return transformed scores; the order stays."""
        return (self._squash(y) - self._mean) / self._deviation

    def _squash(self, y: Floats) -> Floats:
        z = (y - self._center) / self._spread
        return np.where(z > 0, np.log1p(np.maximum(z, 0.0)), z)
