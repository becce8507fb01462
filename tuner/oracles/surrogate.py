"""What a Bayesian search believes, made from all that is known of its trials."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import truncnorm

from tuner.oracles.acquisition import Acquisition
from tuner.oracles.dimensions import Floats
from tuner.oracles.features import Features
from tuner.oracles.gaussian_process import GaussianProcess, Kernel, Prior, fit_kernel
from tuner.oracles.observations import Observations, standardized
from tuner.oracles.space import Masks, SearchSpace

# The most observations that hyperparameters are fitted to, and that a posterior is conditioned on:
# the better half of so many, and an even selection of the others.
FIT_LIMIT = 200
MODEL_LIMIT = 500
# The logarithm of a length scale is believed to be near that of the square root of the number of
# hyperparameters, at which distances in the cube do not depend on that number (Hvarfner et al.,
# Vanilla Bayesian Optimization Performs Great in High Dimensions, 2024).
LENGTH_CENTER, LENGTH_SPREAD = 0.0, 1.2
# The same for the distance between two searches: they are believed to be alike.
OTHER_SEARCH = 1.5
# An improvement that is worth a trial, in standard deviations of the transformed scores: without
# it the search polishes digits of the best point that nobody needs.
WORTHWHILE = 0.05
# What is expected of a trial nothing is known about: that it is feasible.
FEASIBLE = 1.0


@dataclass
class Surrogate:
    """Builds acquisition functions; keeps fitted kernels until there is enough news to refit.

    A kernel is fitted to the first observations of a number that grows in steps, so that it follows
    from what is known and not from when it was asked for.

    Attributes:
        space: The search space.
    """

    space: SearchSpace
    features: Features = field(init=False)
    _kernels: dict[str, tuple[bytes, Kernel]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.features = Features(self.space)

    def acquisition(self, known: Observations) -> "Surface":
        """Return what to maximize: the log expected improvement, weighed by feasibility."""
        exact = known.exact
        x = self._rows(known.units, known.foreign)
        z = standardized(known, x)
        early = known.take(np.flatnonzero(exact)[: fitted_count(int(exact.sum()))])
        early_z = standardized(early, self._rows(early.units, early.foreign))
        kernel = self._kernel("score", early, early_z)
        keep = selection(z[exact], MODEL_LIMIT)
        model = GaussianProcess(kernel, x[exact][keep], z[exact][keep])
        model = self._with_pruned(model, x, z, known)
        running = self._rows(known.running, np.zeros(len(known.running), dtype=bool))
        if len(running):  # Believing what is expected there keeps other workers away.
            model = model.conditioned(running, model.predict(running)[0])
        judged = known.units[known.leading]
        places = self._rows(judged, np.zeros(len(judged), dtype=bool))
        incumbent = model.predict(np.concatenate([places, running]))[0].min() - WORTHWHILE
        feasibility = self._feasibility(x, known)
        risk = 1.0 / (2.0 + np.isnan(known.scores).sum())  # Each failure makes more careful.
        return Surface(self, Acquisition(model, incumbent, feasibility, risk))

    def _rows(self, units: Floats, foreign: Masks) -> Floats:
        """Return features, the last of which tells other searches from this one."""
        rows = self.features.of(units, self.space.active(units))
        return np.column_stack([rows, foreign])

    @property
    def _groups(self) -> NDArray[np.intp]:
        groups = self.features.groups
        return np.append(groups, len(self.space.free))

    def _kernel(self, purpose: str, known: Observations, y: Floats) -> Kernel:
        chosen = selection(y, FIT_LIMIT)
        x, y = self._rows(known.units[chosen], known.foreign[chosen]), y[chosen]
        key = x.tobytes() + y.tobytes()
        if self._kernels.get(purpose, (b"", None))[0] != key:
            dimensions = len(self.space.free)
            length = (LENGTH_CENTER + 0.5 * float(np.log(max(dimensions, 1))), LENGTH_SPREAD)
            prior = Prior([*[length] * dimensions, (OTHER_SEARCH, LENGTH_SPREAD)])
            self._kernels[purpose] = key, fit_kernel(x, y, self._groups, prior)
        return self._kernels[purpose][1]

    def _with_pruned(
        self, model: GaussianProcess, x: Floats, z: Floats, known: Observations
    ) -> GaussianProcess:
        """Add pruned trials at what the model expects of them between the best and their bound."""
        rows = known.pruned & np.isfinite(known.scores)
        if not rows.any():
            return model
        mean, deviation = model.predict(x[rows])
        best = z[known.exact].min()
        bound = np.maximum(z[rows], best + WORTHWHILE)
        # Far tails have no mean that can be computed; eight deviations are far enough.
        low, high = (
            np.clip((best - mean) / deviation, -8, 7),
            np.clip((bound - mean) / deviation, -7, 8),
        )
        expected = truncnorm.mean(low, high, mean, deviation)
        return model.conditioned(x[rows], np.clip(expected, best, bound))

    def _feasibility(self, x: Floats, known: Observations) -> GaussianProcess | None:
        """Return a regression of the labels +1 and -1; None if nothing ever failed."""
        labels = np.where(np.isnan(known.scores), -1.0, 1.0)
        if (labels > 0).all():
            return None
        early = np.arange(fitted_count(len(labels)))
        kernel = self._kernel("feasibility", known.take(early), labels[early] - FEASIBLE)
        keep = selection(labels, MODEL_LIMIT)
        return GaussianProcess(kernel, x[keep], labels[keep], prior_mean=FEASIBLE)


@dataclass(frozen=True)
class Surface:
    """An acquisition function on the coordinates of the space."""

    surrogate: Surrogate
    acquisition: Acquisition

    def __call__(self, units: Floats) -> Floats:
        """Return the values at coordinates, shape (n,)."""
        return self.acquisition(self._rows(units, self.surrogate.space.active(units)))

    def with_gradient(self, units: Floats) -> tuple[Floats, Floats]:
        """Return the values, shape (n,), and their derivatives, shape (n, d)."""
        active = self.surrogate.space.active(units)
        values, slope = self.acquisition.with_gradient(self._rows(units, active))
        return values, self.surrogate.features.gradient(units, active, slope[:, :-1])

    def _rows(self, units: Floats, active: Masks) -> Floats:
        return np.column_stack([self.surrogate.features.of(units, active), np.zeros(len(units))])


def fitted_count(count: int) -> int:
    """Return how many of so many observations hyperparameters are fitted to: steps of 6 percent."""
    step = 1
    while step + max(1, step // 16) <= count:
        step += max(1, step // 16)
    return min(step, count)


def selection(y: Floats, limit: int) -> NDArray[np.intp]:
    """Return the indices of at most `limit` observations: the best half of them, and even ones."""
    if len(y) <= limit:
        return np.arange(len(y))
    order = np.argsort(y, kind="stable")
    best, others = order[: limit // 2], np.sort(order[limit // 2 :])
    even = others[np.linspace(0, len(others) - 1, limit - limit // 2).astype(int)]
    return np.sort(np.concatenate([best, even]))
