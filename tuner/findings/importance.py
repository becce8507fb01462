"""How much each hyperparameter, and each pair of them, decides of the scores.

Functional analysis of variance over a random forest (Hutter, Hoos and Leyton-Brown, 2014): the
forest learns the trials' ranks from their values; the part of a hyperparameter is the variance of
what the forest expects of its values, averaged over all others, as a share of the whole variance.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor

from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.record import SearchRecord

FEWEST_TRIALS = 10
# Less than this part of the ranks predicted (out of bag) means that the forest has learned nothing.
LEARNED = 0.1
TREES, DRAWS, CELLS, PAIRED = 100, 128, 8, 4


@dataclass(frozen=True)
class Interaction:
    """A pair of hyperparameters: its share of the variance beyond that of each alone, and the
    expected rank, from 0 (worst) to 1, over a grid of their values, shape ``(cells, cells)``."""

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
    searched = search.searched
    trials = [*search.ranking, *search.pruned, *search.failed]
    trials.sort(key=lambda trial: trial.number)
    if len(trials) < FEWEST_TRIALS or len(searched) < 2 or not search.ranking:
        return None
    keys = [search.objective.sort_key(trial.score) for trial in trials]
    ranks = 1 - (rankdata(keys) - 1) / max(len(keys) - 1, 1)
    places = np.array([[_position(h, t.values) for h in searched] for t in trials])
    forest = RandomForestRegressor(TREES, oob_score=True, min_samples_leaf=2, random_state=0)
    forest.fit(places, ranks)
    explained = float(forest.oob_score_)
    if not explained >= LEARNED:
        return None
    return _variances(forest, searched, explained)


def _position(hyperparameter: Hyperparameter, values: dict[str, object]) -> float:
    """Return where a trial lies; one in which the hyperparameter is inactive, left of the range."""
    name = hyperparameter.name
    return hyperparameter.position(values[name]) if name in values else -0.5


def _variances(
    forest: RandomForestRegressor, searched: list[Hyperparameter], explained: float
) -> Importance:
    grids = [_grid(hyperparameter) for hyperparameter in searched]
    columns = np.random.default_rng(0).random((DRAWS, len(searched))).T
    draws = np.column_stack(
        [grid[(u * len(grid)).astype(int)] for grid, u in zip(grids, columns, strict=True)]
    )
    total = float(np.var(forest.predict(draws))) or 1.0
    effects = [_expected(forest, draws, {i: grid}) for i, grid in enumerate(grids)]
    shares = [min(float(np.var(effect)) / total, 1.0) for effect in effects]
    order = sorted(range(len(searched)), key=lambda i: -shares[i])
    interactions = []
    for i, j in combinations(sorted(order[:PAIRED]), 2):
        surface = _expected(forest, draws, {i: grids[i], j: grids[j]})
        surface = surface.reshape(len(grids[i]), len(grids[j]))
        alone = effects[i][:, np.newaxis] + effects[j] - float(surface.mean())
        share = float(np.var(surface - alone)) / total
        interactions.append(Interaction((searched[i], searched[j]), share, surface))
    interactions.sort(key=lambda interaction: -interaction.share)
    return Importance(explained, [(searched[i], shares[i]) for i in order], interactions)


def _grid(hyperparameter: Hyperparameter) -> np.ndarray:
    if hyperparameter.numeric:
        return (np.arange(CELLS) + 0.5) / CELLS
    return np.array([hyperparameter.position(choice) for choice in hyperparameter.choices])


def _expected(
    forest: RandomForestRegressor, draws: np.ndarray, held: dict[int, np.ndarray]
) -> np.ndarray:
    """Return the forest's mean over the draws for each combination of the values that are held."""
    cells = list(product(*held.values()))
    points = np.tile(draws, (len(cells), 1))
    points[:, list(held)] = np.repeat(cells, len(draws), axis=0)
    return np.asarray(forest.predict(points).reshape(len(cells), len(draws)).mean(axis=1))
