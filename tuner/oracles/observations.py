"""What is known of a search's trials and of those of others, as arrays."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.oracles.dimensions import Floats
from tuner.oracles.outputs import OutputTransform
from tuner.oracles.space import Masks

# Trials of other searches that say what to expect at a point, before there is a model.
NEAREST = 3


class Row(NamedTuple):
    """One trial with a result; see `Observations`."""

    units: Floats
    score: float
    pruned: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Observations:
    """What is known, one row a trial, in an order that does not depend on how trials overlapped.

    Attributes:
        units: Coordinates, shape (n, d).
        scores: Smaller is better, NaN for a failed trial, shape (n,).
        pruned: Trials whose score is only a bound: trained to the end they would score better, but
            not as well as the best, shape (n,).
        foreign: Trials of other searches, shape (n,).
        running: Coordinates of trials without a result, shape (m, d).
    """

    units: Floats
    scores: Floats
    pruned: Masks
    foreign: Masks
    running: Floats

    @classmethod
    def of(cls, rows: list[Row], running: list[Floats], dimensions: int) -> "Observations":
        """Stack rows, of which there may be none."""
        return cls(
            np.array([row.units for row in rows]).reshape(len(rows), dimensions),
            np.array([row.score for row in rows], dtype=float),
            np.array([row.pruned for row in rows], dtype=bool),
            np.array([row.foreign for row in rows], dtype=bool),
            np.array(running).reshape(len(running), dimensions),
        )

    def take(self, rows: NDArray[np.intp]) -> "Observations":
        """Return some of the rows."""
        return Observations(
            self.units[rows],
            self.scores[rows],
            self.pruned[rows],
            self.foreign[rows],
            self.running,
        )

    @property
    def exact(self) -> Masks:
        """The rows with a score that counts."""
        return np.isfinite(self.scores) & ~self.pruned

    @property
    def leading(self) -> Masks:
        """The rows among which the best is sought: of this search, if it has any."""
        own = self.exact & ~self.foreign
        return own if own.any() else self.exact


def standardized(known: Observations, x: Floats) -> Floats:
    """Return the scores as the model sees them, each search on a scale of its own.

    Few trials of a taught search, all of them good, would be standardized to look average. So its
    scores are shifted to what the other searches lead one to expect at its points.

    Args:
        known: The scores.
        x: The features of their points.
    """
    z = np.full(len(known.scores), np.nan)
    for source in (known.foreign, ~known.foreign):
        exact = source & known.exact
        if exact.any():
            z[source] = OutputTransform(known.scores[exact])(known.scores[source])
    own, foreign = ~known.foreign & known.exact, known.foreign & known.exact
    if own.any() and foreign.any():
        squares = ((x[own, None, :-1] - x[None, foreign, :-1]) ** 2).sum(axis=2)
        nearest = np.argsort(squares, axis=1)[:, :NEAREST]
        z[~known.foreign] += z[foreign][nearest].mean()
    return z
