"""Finding the best point of an acquisition function over a space of mixed kinds."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from tuner.oracles.surrogate import Surface
from tuner.space.cube import SearchSpace
from tuner.space.scale import Floats

LOCAL = 1000
STARTS = 4
ROUNDS = 2
# A finite range with more values than this is polished as if it were continuous, then rounded.
LONG = 12


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
    for step in (_polished, _neighbours) * ROUNDS:
        moved = space.snap(step(surface, space, leaders))
        found.append(moved)
        found_values.append(surface(moved))
        # Several may have moved to one place.
        units, first = np.unique(np.concatenate([leaders, moved]), axis=0, return_index=True)
        values = np.concatenate([heights, found_values[-1]])[first]
        best = np.argsort(-values)[:STARTS]
        leaders, heights = units[best], values[best]
    everything, heights = np.concatenate(found), np.concatenate(found_values)
    return everything[np.argsort(-heights, kind="stable")]


def around(space: SearchSpace, centers: Floats, rng: np.random.Generator) -> Floats:
    """Return points near the centers: some coordinates moved, by steps of all sizes.

    Some of them lie outside the cube.
    """
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
    return np.where(moved, stepped, chosen)


def _polished(surface: Surface, space: SearchSpace, units: Floats) -> Floats:
    """Climb from all points at once, along the coordinates that are as good as continuous."""
    smooth = np.array([h.ordered and (h.count or LONG + 1) > LONG for h in space.free])
    if not smooth.any():
        return units

    def moved_to(flat: Floats) -> Floats:
        moved = units.copy()
        moved[:, smooth] = flat.reshape(len(units), -1)
        return moved

    def loss(flat: Floats) -> tuple[float, Floats]:
        values, slopes = surface.with_gradient(moved_to(flat))
        return -float(values.sum()), -slopes[:, smooth].ravel()

    start, bounds, options = units[:, smooth].ravel(), Bounds(0.0, 1.0), {"maxiter": 20}
    result = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    return moved_to(result.x)


def _neighbours(surface: Surface, space: SearchSpace, units: Floats) -> Floats:
    """Return the points that differ in one finite coordinate: by a step, or in a choice."""
    found: list[NDArray[np.float64]] = [units]
    for j, h in enumerate(space.free):
        if h.count is None:
            continue
        if h.ordered:
            places = units[:, j] + np.array([[-1.0], [1.0]]) / h.count
        else:
            places = (np.arange(h.count)[:, None] + 0.5) / h.count
        for place in places:
            moved = units.copy()
            moved[:, j] = place
            found.append(moved)
    return np.concatenate(found)
