"""What a Bayesian search believes, made from all that is known of its trials."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tuner.oracles.acquisition import Acquisition
from tuner.oracles.features import Features
from tuner.oracles.gaussian_process import GaussianProcess, Kernel, fit_kernel
from tuner.oracles.nearness import Nearness
from tuner.oracles.observations import Observations, aligned, selection, standardized
from tuner.space.cube import Masks, SearchSpace
from tuner.space.scale import Floats

# The most observations that hyperparameters are fitted to, and that a posterior is conditioned on:
# the better half of so many, and an even selection of the others.
FIT_LIMIT = 200
MODEL_LIMIT = 500
# The logarithm of a length scale is believed to be near that of the square root of the number of
# hyperparameters, at which distances in the cube do not depend on that number (Hvarfner et al.,
# Vanilla Bayesian Optimization Performs Great in High Dimensions, 2024).
LENGTH_CENTER, LENGTH_SPREAD = 0.0, 1.2
# The same for what sets another search apart from this one: they are believed to be alike.
OTHER_SEARCH = 1.5
# An improvement that is worth a trial, in standard deviations of the transformed scores: without
# it the search polishes the best point before it has seen the rest. After so many trials it has.
WORTHWHILE, LOOKING_AROUND = 0.15, 25
# Logarithms of costs that deviate by less are those of trials that cost the same.
SAME_COST = 0.01
# What is expected of a trial nothing is known about: that it is feasible.
FEASIBLE = 1.0


class Surrogate:
    """Builds acquisition functions; keeps fitted kernels until there is enough news to refit.

    A kernel is fitted to the first observations of a number that grows in steps, so that it follows
    from what is known and not from when it was asked for.

    Args:
        space: The search space.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space, self.features = space, Features(space)
        self._kernels: dict[str, tuple[bytes, Kernel]] = {}

    def acquisition(
        self, known: Observations, running: list[Floats], thrift: float = 0.0
    ) -> "Surface":
        """Return what to maximize: the log expected improvement, weighed by feasibility and cost.

        Args:
            known: The trials with a result.
            running: Coordinates of those without one, shape (d,) each.
            thrift: The power of the cost that an improvement is divided by; 0: no matter what.
        """
        exact = known.exact
        features = self.features_of(known.units)
        x = np.column_stack([features, known.context])
        z = self._scores(known)
        early = known.take(_early(known, exact))
        kernel = self._kernel("score", early, self._scores(early))
        keep = selection(z[exact], MODEL_LIMIT)
        model = GaussianProcess(kernel, x[exact][keep], z[exact][keep])
        model = self._with_pruned(model, x, z, known)
        contexts = known.context.shape[1]
        places = here(features[known.leading], contexts)
        if running:  # Believing what is expected there keeps other workers away.
            there = here(self.features_of(np.array(running)), contexts)
            model = model.conditioned(there, model.predict(there)[0])
            places = np.concatenate([places, there])
        best = model.predict(places)[0].min()
        count = max(int((exact & known.own).sum()), 1)
        incumbent = best - WORTHWHILE * min(1.0, (LOOKING_AROUND / count) ** 2)
        feasibility = self._feasibility(x, known)
        # Each failure makes more careful.
        risk = 0.5 / (1.0 + np.isnan(known.scores[known.own]).sum())
        price, spread = self._price(x, known) if thrift else (None, 0.0)
        promise = Acquisition(model, incumbent, feasibility, risk, price, thrift * spread)
        return Surface(self, contexts, promise)

    def _scores(self, known: Observations) -> Floats:
        """Return the scores as the model sees them."""
        z, own = standardized(known), known.own
        others = known.take(np.flatnonzero(known.exact & ~own))
        if len(others.scores) == 0 or not (known.exact & own).any():
            return z
        taught = standardized(others)
        x = np.column_stack([self.features_of(others.units), others.context])
        guide = GaussianProcess(self._kernel("others", others, taught), x, taught)
        expected = guide.predict(here(self.features_of(known.units[own]), others.context.shape[1]))
        z[own] = aligned(z[own], known.exact[own], *expected)
        return z

    def features_of(self, units: Floats) -> Floats:
        """Return the features of points, shape (n, p)."""
        return self.features.of(units, self.space.active(units))

    def _kernel(self, purpose: str, known: Observations, y: Floats) -> Kernel:
        chosen = selection(y, FIT_LIMIT)
        known, y = known.take(chosen), y[chosen]
        x = np.column_stack([self.features_of(known.units), known.context])
        key = x.tobytes() + y.tobytes()
        if self._kernels.get(purpose, (b"", None))[0] != key:
            dimensions, contexts = len(self.space.free), known.context.shape[1]
            length = (LENGTH_CENTER + 0.5 * float(np.log(max(dimensions, 1))), LENGTH_SPREAD)
            lengths = [length] * dimensions + [(OTHER_SEARCH, LENGTH_SPREAD)] * contexts
            groups = np.append(self.features.groups, dimensions + np.arange(contexts))
            self._kernels[purpose] = key, fit_kernel(x, y, groups, lengths)
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
        low = np.clip((best - mean) / deviation, -8, 7)
        high = np.clip((bound - mean) / deviation, -7, 8)
        expected = stats.truncnorm.mean(low, high, mean, deviation)
        return model.conditioned(x[rows], np.clip(expected, best, bound))

    def _feasibility(self, x: Floats, known: Observations) -> GaussianProcess | None:
        """Return a regression of the labels +1 and -1; None if nothing ever failed."""
        labels = np.where(np.isnan(known.scores), -1.0, 1.0)
        if (labels > 0).all():
            return None
        early = _early(known, np.full(len(labels), True))
        kernel = self._kernel("feasibility", known.take(early), labels[early] - FEASIBLE)
        keep = selection(labels, MODEL_LIMIT)
        return GaussianProcess(kernel, x[keep], labels[keep], prior_mean=FEASIBLE)

    def _price(self, x: Floats, known: Observations) -> tuple[GaussianProcess | None, float]:
        """Return a regression of the standardized logarithm of the cost, and its deviation.

        None where fewer than two costs are known, or all are the same.
        """
        told = np.isfinite(known.costs)
        early, logs = _early(known, told), np.log(known.costs)
        spread = float(logs[early].std()) if told.any() else 0.0
        if spread < SAME_COST:
            return None, 0.0
        y = (logs - logs[early].mean()) / spread
        kernel = self._kernel("price", known.take(early), y[early])
        keep = selection(y[told], MODEL_LIMIT)
        return GaussianProcess(kernel, x[told][keep], y[told][keep]), spread


@dataclass(frozen=True)
class Surface:
    """An acquisition function on the coordinates of the space.

    Attributes:
        surrogate: What it was made by.
        contexts: How many columns tell other searches from this one.
        acquisition: The function of the features.
        nearness: What is believed before; None for nothing.
        trust: What that is weighed by.
    """

    surrogate: Surrogate
    contexts: int
    acquisition: Acquisition
    nearness: Nearness | None = None
    trust: float = 0.0

    def __call__(self, units: Floats) -> Floats:
        """Return the values at coordinates, shape (n,)."""
        values = self.acquisition(here(self.surrogate.features_of(units), self.contexts))
        return values if self.nearness is None else values + self.trust * self.nearness(units)

    def with_gradient(self, units: Floats) -> tuple[Floats, Floats]:
        """Return the values, shape (n,), and their derivatives, shape (n, d)."""
        features, active = self.surrogate.features, self.surrogate.space.active(units)
        rows = here(features.of(units, active), self.contexts)
        values, slope = self.acquisition.with_gradient(rows)
        slope = features.gradient(units, active, slope[:, : len(features.groups)])
        if self.nearness is None:
            return values, slope
        believed, by_units = self.nearness.with_gradient(units)
        return values + self.trust * believed, slope + self.trust * by_units


def here(features: Floats, contexts: int) -> Floats:
    """Return the features of points with the context of this search, which is zero."""
    return np.column_stack([features, np.zeros((len(features), contexts))])


def _early(known: Observations, counted: Masks) -> NDArray[np.intp]:
    """Return the rows that hyperparameters are fitted to: of this search only the first ones."""
    own = np.flatnonzero(counted & known.own)
    others = np.flatnonzero(counted & ~known.own)
    fitted = 1
    while fitted + max(1, fitted // 16) <= len(own):  # Steps of 6 percent.
        fitted += max(1, fitted // 16)
    return np.concatenate([others, own[:fitted]])
