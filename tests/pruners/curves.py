"""Curves that the tests of pruners share."""

import numpy as np

from tuner.pruners.pruner import Curves


def known(*curves: list[float], max_epochs: int, whole: list[bool] | None = None) -> Curves:
    """Return trials 0, 1, … that have ended; smaller is better, all came to their own end."""
    values = np.full((len(curves), max_epochs), np.nan)
    for row, curve in zip(values, curves, strict=True):
        row[: len(curve)] = curve
    ends = np.array([True] * len(curves) if whole is None else whole, dtype=bool)
    best = np.fmin.accumulate(values, axis=1)
    best[~ends] = np.where(np.isnan(values[~ends]), np.nan, best[~ends])
    return Curves(np.arange(len(curves)), values, best, ends)


def falling(end: float, max_epochs: int, start: float = 1.0) -> list[float]:
    """Return a curve that falls from `start` to `end`, fast at first."""
    epochs = np.arange(1, max_epochs + 1)
    return list(end + (start - end) * (1 / epochs - 1 / max_epochs) / (1 - 1 / max_epochs))
