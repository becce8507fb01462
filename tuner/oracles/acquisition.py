"""How promising a point is: the logarithm of its expected improvement, per cost.

Source: Ament et al., Unexpected Improvements to Expected Improvement for Bayesian Optimization
(NeurIPS 2023), for logarithms that stay finite and smooth far from the incumbent.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr, ndtri

from tuner.oracles.gaussian_process import GaussianProcess
from tuner.space.scale import Floats

_LOG_ROOT_2_PI = 0.5 * np.log(2.0 * np.pi)

# The least deviation of the labels +1 and -1 around their regression. Few failures tell little of
# where the border runs, but a smooth surface fits them with hardly any noise.
_LEAST_BLUR = 0.4
# Less than any logarithm of an improvement.
_FORBIDDEN = 1e12


@dataclass(frozen=True)
class Acquisition:
    """Log expected improvement over an incumbent, plus the log probability of being feasible.

    A point that is likelier to fail than `risk` comes after all others: near the optimum hardly any
    improvement is left but beyond the border of what is feasible, and a weight alone, however
    large, would be outbid there (after Gelbart et al., Bayesian Optimization with Unknown
    Constraints, 2014).

    An improvement is divided by a power of what the trial costs; Snoek et al. (2012) by the cost.

    Attributes:
        model: The posterior of the objective, smaller is better.
        incumbent: What is to be improved on.
        feasibility: The posterior of a margin, positive where a trial does not fail; None when
            nothing ever failed.
        risk: The largest probability of a failure that is taken.
        price: The posterior of the standardized logarithm of a trial's cost; None: costs are alike.
        thrift: What that is weighed by.
    """

    model: GaussianProcess
    incumbent: float
    feasibility: GaussianProcess | None
    risk: float
    price: GaussianProcess | None = None
    thrift: float = 0.0

    def __call__(self, x: Floats) -> Floats:
        """Return the value at rows of features, shape (m,)."""
        mean, deviation = self.model.predict(x)
        value = np.log(deviation) + log_improvement((self.incumbent - mean) / deviation)
        if self.price is not None:
            value -= self.thrift * self.price.predict(x)[0]
        if self.feasibility is None:
            return value
        margin, deviation = self.feasibility.predict(x)
        z = margin / np.hypot(deviation, _blur(self.feasibility))
        log_feasible = log_ndtr(z)
        allowed = z >= ndtri(1.0 - self.risk)
        return np.where(allowed, value + log_feasible, log_feasible - _FORBIDDEN)

    def with_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the values, shape (m,), and their derivatives by the features, shape (m, p)."""
        mean, deviation, mean_slope, deviation_slope = self.model.predict_with_gradient(x)
        z = (self.incumbent - mean) / deviation
        log_h = log_improvement(z)
        by_mean = -np.exp(log_ndtr(z) - log_h) / deviation
        by_deviation = np.exp(-0.5 * z * z - _LOG_ROOT_2_PI - log_h) / deviation
        value = np.log(deviation) + log_h
        slope = by_mean[:, None] * mean_slope + by_deviation[:, None] * deviation_slope
        if self.price is not None:
            price, _, price_slope, _ = self.price.predict_with_gradient(x)
            value, slope = value - self.thrift * price, slope - self.thrift * price_slope
        if self.feasibility is None:
            return value, slope
        margin, deviation, by_margin, by_deviation = self.feasibility.predict_with_gradient(x)
        spread = np.hypot(deviation, _blur(self.feasibility))
        z = margin / spread
        ratio = np.exp(-0.5 * z * z - _LOG_ROOT_2_PI - log_ndtr(z)) / spread
        weight = -z * deviation / spread
        slope += ratio[:, None] * (by_margin + weight[:, None] * by_deviation)
        return value + log_ndtr(z), slope


def _blur(feasibility: GaussianProcess) -> float:
    # Close to the border the labels contradict one another; the fit calls that noise.
    return max(float(np.sqrt(feasibility.kernel.noise)), _LEAST_BLUR)


def log_improvement(z: Floats) -> Floats:
    """Return log(φ(z) + z Φ(z)): the expected improvement in standard deviations."""
    direct = np.maximum(z, -1.0)
    near = np.log(np.exp(-0.5 * direct**2 - _LOG_ROOT_2_PI) + direct * ndtr(direct))
    far_z = np.maximum(np.minimum(z, -1.0), -1e5)
    mills = np.sqrt(np.pi / 2.0) * erfcx(-far_z / np.sqrt(2.0))
    far = -0.5 * z * z - _LOG_ROOT_2_PI + np.log1p(far_z * mills)
    return np.where(z > -1.0, near, far)
