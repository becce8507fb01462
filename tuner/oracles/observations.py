"""What is known of a search's trials and of those of others, as arrays."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.space.cube import Masks
from tuner.space.scale import Floats

# How many trials it takes to outweigh that two searches have one scale once both are standardized.
SAME_SCALE = 3


class Row(NamedTuple):
    """One trial with a result; see `Observations`.

    Attributes:
        displacement: How far the hyperparameters that are fixed in this search lie from their
            values in it, one for each; nothing for a trial of this search.
        cost: What it costs, in seconds; NaN if that is unknown, or another search's.
    """

    units: Floats
    score: float
    pruned: bool = False
    source: int = 0
    displacement: tuple[float, ...] = ()
    cost: float = np.nan


@dataclass(frozen=True)
class Observations:
    """What is known, one row a trial, in an order that does not depend on how trials overlapped.

    Attributes:
        units: Coordinates, shape (n, d).
        scores: Smaller is better, NaN for a failed trial, shape (n,).
        pruned: Trials whose score is only a bound: trained to the end they would score better, but
            not as well as the best, shape (n,).
        source: The search of a trial: 0 for this one, others from 1 on, shape (n,).
        context: What else sets trials of other searches apart from those of this one, whose rows
            are zeros, shape (n, c): a column for each other search, with 1 for its trials, and one
            for each hyperparameter that is fixed here and was not there.
        costs: In seconds, NaN where they are unknown, shape (n,).
    """

    units: Floats
    scores: Floats
    pruned: Masks
    source: NDArray[np.intp]
    context: Floats
    costs: Floats

    @classmethod
    def of(cls, rows: list[Row], dimensions: int) -> "Observations":
        """Stack rows, of which there may be none."""
        source = np.array([row.source for row in rows], dtype=np.intp)
        marks = source[:, None] == np.arange(1, source.max(initial=0) + 1)
        width = max((len(row.displacement) for row in rows), default=0)
        displacement = np.array([row.displacement or (0.0,) * width for row in rows])
        displacement = displacement.reshape(len(rows), width)
        return cls(
            np.array([row.units for row in rows]).reshape(len(rows), dimensions),
            np.array([row.score for row in rows], dtype=float),
            np.array([row.pruned for row in rows], dtype=bool),
            source,
            np.column_stack([marks, displacement[:, displacement.any(axis=0)]]),
            np.array([row.cost for row in rows], dtype=float),
        )

    def take(self, rows: NDArray[np.intp]) -> "Observations":
        """Return some of the rows."""
        return Observations(
            self.units[rows],
            self.scores[rows],
            self.pruned[rows],
            self.source[rows],
            self.context[rows],
            self.costs[rows],
        )

    @property
    def exact(self) -> Masks:
        """The rows with a score that counts."""
        return np.isfinite(self.scores) & ~self.pruned

    @property
    def own(self) -> Masks:
        """The rows of this search."""
        return self.source == 0

    @property
    def leading(self) -> Masks:
        """The rows among which the best is sought: of this search, if it has any."""
        own = self.exact & self.own
        return own if own.any() else self.exact


def standardized(known: Observations) -> Floats:
    """Return the scores as the model sees them, each search on a scale of its own."""
    z = np.full(len(known.scores), np.nan)
    for source in np.unique(known.source):
        rows = known.source == source
        exact = rows & known.exact
        if exact.any():
            z[rows] = squashed(known.scores[rows], known.scores[exact])
    return z


def squashed(scores: Floats, exact: Floats) -> Floats:
    """Return scores standardized by the better half of some, with the worse half squashed.

    A diverged or useless configuration may score orders of magnitude worse than a good one; how bad
    it is says nothing about where the best is, but would take up all of the model's variance.
    """
    center = np.median(exact)
    better = exact[exact <= center] - center
    spread = np.sqrt(np.mean(better**2)) or np.std(exact) or 1.0

    def squash(y: Floats) -> Floats:
        z = (y - center) / spread
        return np.where(z > 0, np.log1p(np.maximum(z, 0.0)), z)

    reference = squash(exact)
    return (squash(scores) - reference.mean()) / (reference.std() or 1.0)


def aligned(z: Floats, exact: Masks, expected: Floats, deviation: Floats) -> Floats:
    """Return scores of this search on the scale of the others, from what these expect of it.

    Few trials of a taught search, all of them good, would be standardized to look average, and two
    that are alike to look far apart.

    Args:
        z: Standardized scores, shape (n,).
        exact: Which of them count, shape (n,).
        expected: What the other searches lead one to expect there, shape (n,).
        deviation: How uncertain that is, shape (n,).
    """
    u, m, s = z[exact], expected[exact], deviation[exact]
    spread = np.sqrt(np.var(m) + np.mean(s**2))
    scale = (SAME_SCALE + len(u) * spread) / (SAME_SCALE + len(u))
    weights = 1.0 / (s**2 + 0.01)
    return z * scale + np.average(m - scale * u, weights=weights)


def selection(y: Floats, limit: int) -> NDArray[np.intp]:
    """Return the indices of at most `limit` observations: the best half of them, and even ones."""
    if len(y) <= limit:
        return np.arange(len(y))
    order = np.argsort(y, kind="stable")
    best, others = order[: limit // 2], np.sort(order[limit // 2 :])
    even = others[np.linspace(0, len(others) - 1, limit - limit // 2).astype(int)]
    return np.sort(np.concatenate([best, even]))
