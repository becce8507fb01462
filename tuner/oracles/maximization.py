"""Finding the best point of an acquisition function over a space of mixed kinds."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tuner.space.cube import SearchSpace
from tuner.space.scale import Floats

LOCAL = 1000
STARTS = 4
ROUNDS = 2
# A finite range with more values than this is polished as if it were continuous, then rounded.
LONG = 12


class Surface(Protocol):
    """A function on the cube."""

    def __call__(self, units: Floats) -> Floats:
        """Return the values at snapped coordinates, shape (n,)."""

    def with_gradient(self, units: Floats) -> tuple[Floats, Floats]:
        """Return the values, shape (n,), and derivatives, shape (n, d)."""


def maximize(
    surface: Surface, space: SearchSpace, centers: Floats, drawn: int, rng: np.random.Generator
) -> Floats:
    """Return points in order of the surface's value, best first, shape (n, d).

    Candidates are drawn from the whole space and around good points; the best of them are polished
    by gradients where the space is continuous and by steps to neighbours where it is not.

    Args:
        surface: What to maximize.
        space: Where.
        centers: Coordinates of good points, shape (k, d).
        drawn: How many candidates come from the whole space.
        rng: Where candidates come from.
    """
    units = np.concatenate([rng.random((drawn, len(space.free))), around(space, centers, rng)])
    units = space.snap(units)
    values = surface(units)
    best = np.argsort(-values)[:STARTS]
    leaders, heights = units[best], values[best]
    found, found_values = [units], [values]
    for _ in range(ROUNDS):
        for step in (_polished, _neighbours):
            moved = space.snap(step(surface, space, leaders))
            heights_there = surface(moved)
            found.append(moved)
            found_values.append(heights_there)
            leaders, heights = _leaders(leaders, heights, moved, heights_there)
    everything, heights = np.concatenate(found), np.concatenate(found_values)
    return everything[np.argsort(-heights, kind="stable")]


def around(space: SearchSpace, centers: Floats, rng: np.random.Generator) -> Floats:
    """Return points near the centers: some coordinates moved, by steps of all sizes."""
    dimensions = len(space.free)
    chosen = centers[rng.integers(len(centers), size=LOCAL)]
    moved = rng.random((LOCAL, dimensions)) < np.clip(2.0 / dimensions, 0.3, 1.0)
    moved[np.arange(LOCAL), rng.integers(dimensions, size=LOCAL)] = True
    size = 10.0 ** rng.uniform(-2.5, -0.5, (LOCAL, 1))
    stepped = chosen + size * rng.standard_normal((LOCAL, dimensions))
    for j, h in enumerate(space.free):
        if h.count is not None and h.count <= LONG:
            # Small steps would never leave a value: take a neighbour, or any unordered choice.
            jump = rng.choice([-1.0, 1.0], LOCAL) / h.count
            other = rng.random(LOCAL)
            stepped[:, j] = chosen[:, j] + jump if h.ordered else other
    return np.clip(np.where(moved, stepped, chosen), 0.0, 1.0)


def _leaders(
    leaders: Floats, heights: Floats, others: Floats, other_heights: Floats
) -> tuple[Floats, Floats]:
    units, values = np.concatenate([leaders, others]), np.concatenate([heights, other_heights])
    units, first = np.unique(units, axis=0, return_index=True)
    best = np.argsort(-values[first])[:STARTS]
    return units[best], values[first][best]


def _polished(surface: Surface, space: SearchSpace, units: Floats) -> Floats:
    """Climb from all points at once, along the coordinates that are as good as continuous."""
    smooth = np.array([h.ordered and (h.count or LONG + 1) > LONG for h in space.free])
    if not smooth.any():
        return units
    shape = units[:, smooth].shape

    def loss(flat: Floats) -> tuple[float, Floats]:
        moved = units.copy()
        moved[:, smooth] = flat.reshape(shape)
        values, slopes = surface.with_gradient(moved)
        return -float(values.sum()), -slopes[:, smooth].ravel()

    bounds = [(0.0, 1.0)] * (shape[0] * shape[1])
    result = minimize(
        loss,
        units[:, smooth].ravel(),
        jac=True,
        bounds=bounds,
        method="L-BFGS-B",
        options={"maxiter": 20},
    )
    moved = units.copy()
    moved[:, smooth] = result.x.reshape(shape)
    return moved


def _neighbours(surface: Surface, space: SearchSpace, units: Floats) -> Floats:
    """Return the points that differ in one finite coordinate: by a step, or in a choice."""
    found: list[NDArray[np.float64]] = [units]
    for j, h in enumerate(space.free):
        if h.count is None:
            continue
        if h.ordered:
            places = [np.clip(units[:, j] + s / h.count, 0.0, 1.0) for s in (-1.0, 1.0)]
        else:
            places = [np.full(len(units), (i + 0.5) / h.count) for i in range(h.count)]
        for place in places:
            moved = units.copy()
            moved[:, j] = place
            found.append(moved)
    return np.concatenate(found)
