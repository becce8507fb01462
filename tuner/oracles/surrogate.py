"""What a Bayesian search believes, made from all that is known of its trials."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import truncnorm

from tuner.oracles.acquisition import Acquisition
from tuner.oracles.dimensions import Floats
from tuner.oracles.features import Features
from tuner.oracles.gaussian_process import GaussianProcess, Kernel, Prior, fit_kernel
from tuner.oracles.outputs import OutputTransform
from tuner.oracles.space import Masks, SearchSpace

# The most observations that hyperparameters are fitted to, and that a posterior is conditioned on:
# the better half of so many, and an even selection of the others.
FIT_LIMIT = 200
MODEL_LIMIT = 500


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
        z = standardized(known)
        x = self._rows(known.units, known.foreign)
        early = known.take(np.flatnonzero(exact)[: fitted_count(int(exact.sum()))])
        kernel = self._kernel("score", early, standardized(early))
        keep = selection(z[exact], MODEL_LIMIT)
        model = GaussianProcess(kernel, x[exact][keep], z[exact][keep])
        model = self._with_pruned(model, x, z, known)
        running = self._rows(known.running, np.zeros(len(known.running), dtype=bool))
        if len(running):  # Believing what is expected there keeps other workers away.
            model = model.conditioned(running, model.predict(running)[0])
        judged = known.leading
        places = self._rows(known.units[judged], np.zeros(int(judged.sum()), dtype=bool))
        incumbent = float(model.predict(places)[0].min())
        incumbent -= WORTHWHILE
        feasibility = self._feasibility(x, known)
        risk = 1.0 / (2.0 + np.isnan(known.scores).sum()) ** RISKP  # Each failure makes more careful.
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
            dimensions = max(len(self.space.free), 1)
            prior = Prior(length=(LENGTH_CENTER + 0.5 * np.log(dimensions), LENGTH_SPREAD))
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
        low, high = (best - mean) / deviation, (np.maximum(z[rows], best + 1e-6) - mean) / deviation
        expected = truncnorm.mean(low, high, mean, deviation)
        return model.conditioned(x[rows], expected)

    def _feasibility(self, x: Floats, known: Observations) -> GaussianProcess | None:
        """Return a regression of the labels +1 and -1; None if nothing ever failed."""
        labels = np.where(np.isnan(known.scores), -1.0, 1.0)
        if (labels > 0).all():
            return None
        early = np.arange(fitted_count(len(labels)))
        kernel = self._kernel("feasibility", known.take(early), labels[early] - FEASIBLE)
        keep = selection(labels, MODEL_LIMIT)
        return GaussianProcess(kernel, x[keep], labels[keep], prior_mean=FEASIBLE)


FEASIBLE = 1.0
RISKP = 1.0
WORTHWHILE = 0.0
LENGTH_CENTER = np.sqrt(2.0)
LENGTH_SPREAD = np.sqrt(3.0)


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


def standardized(known: Observations) -> Floats:
    """Return the scores as the model sees them, each search on a scale of its own."""
    z = np.full(len(known.scores), np.nan)
    for source in (known.foreign, ~known.foreign):
        exact = source & known.exact
        if exact.any():
            z[source] = OutputTransform(known.scores[exact])(known.scores[source])
    return z


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
