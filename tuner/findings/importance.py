"""How much each hyperparameter, and each pair of them, decides of the scores.

Functional analysis of variance over a random forest (Hutter, Hoos and Leyton-Brown, 2014): the
forest learns the trials' ranks from their values; the part of a hyperparameter is the variance of
what the forest expects of its values, averaged over all others, as a share of the whole variance.
Where it is inactive it decides nothing: only points at which it is active are averaged, and its
part counts by how many of all points these are.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tuner.space.cube import SearchSpace
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.record import SearchRecord

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestRegressor

FEWEST_TRIALS = 10
# Less than this part of the ranks predicted (out of bag) means that the forest has learned nothing.
LEARNED = 0.1
TREES, DRAWS, CELLS, PAIRED = 100, 128, 8, 4
# Where the forest sees what is not active: left of all ranges.
INACTIVE = -0.5


@dataclass(frozen=True)
class Interaction:
    """A pair of hyperparameters: its share of the variance beyond that of each alone, and the
    expected rank, from 0 (worst) to 1, over a grid of their values, shape ``(cells, cells)``; NaN
    where not both are active."""

    pair: tuple[Hyperparameter, Hyperparameter]
    share: float
    surface: np.ndarray


@dataclass(frozen=True)
class Importance:
    """Shares of the variance of the ranks, the largest first.

    Attributes:
        explained: The part of the variance of the ranks that the forest predicts for trials it
            has not seen (R², out of bag). The shares are to be trusted only so far.
        shares: Each hyperparameter with its share, from 0 to 1.
        interactions: Pairs of the most important ones.
    """

    explained: float
    shares: list[tuple[Hyperparameter, float]]
    interactions: list[Interaction]


@lru_cache(maxsize=1)  # Page and pictures ask alike.
def importance(search: SearchRecord) -> Importance | None:
    """Return what the hyperparameters decide; None where too few trials or too little order tell.

    Pruned trials count with the score they had, failed ones as the worst, since that is what their
    values led to.
    """
    from sklearn.ensemble import RandomForestRegressor

    searched = search.searched
    trials = [*search.ranking, *search.pruned, *search.failed]
    trials.sort(key=lambda trial: trial.number)
    if len(trials) < FEWEST_TRIALS or len(searched) < 2 or not search.ranking:
        return None
    keys = [search.objective.sort_key(trial.score) for trial in trials]
    ranks = 1 - (stats.rankdata(keys) - 1) / max(len(keys) - 1, 1)
    places = np.array(
        [
            [h.position(t.values[h.name]) if search.has(t, h) else INACTIVE for h in searched]
            for t in trials
        ]
    )
    forest = RandomForestRegressor(TREES, oob_score=True, min_samples_leaf=2, random_state=0)
    forest.fit(places, ranks)
    explained = float(forest.oob_score_)
    if not explained >= LEARNED:
        return None
    return _variances(forest, search.space, explained)


def _variances(forest: "RandomForestRegressor", space: SearchSpace, explained: float) -> Importance:
    grids = Grids(space)
    searched, counts = space.free, [len(positions) for positions in grids.positions]
    draws = (np.random.default_rng(0).random((DRAWS, len(searched))) * counts).astype(int)
    total = float(np.var(forest.predict(grids.points(draws)[0]))) or 1.0
    effects, shares = [], []
    for i, count in enumerate(counts):
        effect, active = _expected(forest, grids, draws, {i: count})
        effects.append(effect)
        shares.append(min(active * _variance(effect) / total, 1.0))
    order = sorted(range(len(searched)), key=lambda i: -shares[i])
    interactions = []
    for i, j in combinations(sorted(order[:PAIRED]), 2):
        surface, active = _expected(forest, grids, draws, {i: counts[i], j: counts[j]})
        if not active:  # In different branches.
            continue
        surface = surface.reshape(counts[i], counts[j])
        alone = effects[i][:, np.newaxis] + effects[j] - float(np.nanmean(surface))
        share = active * _variance(surface - alone) / total
        interactions.append(Interaction((searched[i], searched[j]), share, surface))
    interactions.sort(key=lambda interaction: -interaction.share)
    return Importance(explained, [(searched[i], shares[i]) for i in order], interactions)


class Grids:
    """A few values of each hyperparameter of a space that is searched: all choices, or the middles
    of the cells of a range."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self.positions: list[np.ndarray] = []
        self._units: list[np.ndarray] = []
        for h in space.free:
            places = (np.arange(CELLS) + 0.5) / CELLS
            values = [h.number_at(place) for place in places] if h.numeric else h.choices
            self.positions.append(np.array([h.position(value) for value in values]))
            self._units.append(h.snap(np.array([h.unit(value) for value in values])))

    def points(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of points, given by the indices of their values, and which of them
        are active, all of shape ``(n, hyperparameters)``."""
        positions, units = (
            np.column_stack([grid[column] for grid, column in zip(grids, indices.T, strict=True)])
            for grids in (self.positions, self._units)
        )
        active = self._space.active(units)
        return np.where(active, positions, INACTIVE), active


def _expected(
    forest: "RandomForestRegressor", grids: Grids, draws: np.ndarray, held: dict[int, int]
) -> tuple[np.ndarray, float]:
    """Return the forest's mean over the draws for each combination of the values of what is held,
    of which there are so many, and at which part of the points all of it is active.

    Only these points count; NaN where there is none.
    """
    cells = list(product(*map(range, held.values())))
    indices = np.tile(draws, (len(cells), 1))
    indices[:, list(held)] = np.repeat(cells, len(draws), axis=0)
    points, active = grids.points(indices)
    counted = active[:, list(held)].all(axis=1).reshape(len(cells), len(draws))
    ranks = forest.predict(points).reshape(len(cells), len(draws))
    counts = counted.sum(axis=1)
    means = np.full(len(cells), np.nan)
    np.divide((ranks * counted).sum(axis=1), counts, out=means, where=counts > 0)
    return means, float(counted.mean())


def _variance(effect: np.ndarray) -> float:
    known = effect[~np.isnan(effect)]
    return float(np.var(known)) if len(known) else 0.0
