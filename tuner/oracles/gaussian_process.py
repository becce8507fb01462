"""Gaussian process regression with a length scale for each hyperparameter.

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, lapack, solve_triangular
from scipy.optimize import minimize

from tuner.space.scale import Floats

_JITTER = 1e-8
_MAX_EVALUATIONS = 60

# A normal distribution of a logarithm: its center and its spread.
Normal = tuple[float, float]
# What is believed of the variance of the function, and of that of the noise.
AMPLITUDE: Normal = (0.0, 1.0)
NOISE: Normal = (float(np.log(1e-3)), 2.0)


@dataclass(frozen=True)
class Kernel:
    """Matérn 5/2 with automatic relevance determination, plus noise.

    Attributes:
        lengths: The length scale of each group of columns, shape (g,).
        amplitude: The variance of the function.
        noise: The variance of an observation around it.
        groups: The group of each column, shape (p,).
    """

    lengths: Floats
    amplitude: float
    noise: float
    groups: NDArray[np.intp]

    def squared_distances(self, a: Floats, b: Floats) -> Floats:
        """Return squared scaled distances between rows, shape (len(a), len(b))."""
        scale = 1.0 / self.lengths[self.groups]
        a, b = a * scale, b * scale
        squares = a @ (-2.0 * b.T)
        squares += (a * a).sum(1)[:, None]
        squares += (b * b).sum(1)
        return np.maximum(squares, 0.0, out=squares)

    def __call__(self, a: Floats, b: Floats) -> Floats:
        """Return the covariances between rows, shape (len(a), len(b))."""
        r, decay = _radii(self.squared_distances(a, b))
        return _correlation(r, decay) * self.amplitude


def matern(squares: Floats) -> tuple[Floats, Floats]:
    """Return the Matérn 5/2 correlation for squared distances, and its derivative by them."""
    r, decay = _radii(squares)
    return _correlation(r, decay), -5.0 / 6.0 * (1.0 + r) * decay


def _radii(squares: Floats) -> tuple[Floats, Floats]:
    r = np.sqrt(5.0 * squares)
    return r, np.exp(-r)


def _correlation(r: Floats, decay: Floats) -> Floats:
    return ((r / 3.0 + 1.0) * r + 1.0) * decay


class GaussianProcess:
    """A posterior: a kernel, and observations that it is conditioned on.

    Args:
        kernel: Covariance and noise.
        x: Features, shape (n, p).
        y: Observations, shape (n,).
        prior_mean: What is expected where nothing is known.
    """

    def __init__(self, kernel: Kernel, x: Floats, y: Floats, prior_mean: float = 0.0) -> None:
        self.kernel = kernel
        self._x, self._y, self._prior_mean = x, y, prior_mean
        covariance = kernel(x, x)
        covariance[np.diag_indices(len(x))] += kernel.noise + _JITTER
        self._factor = cho_factor(covariance, lower=True, check_finite=False)
        self._weights = cho_solve(self._factor, y - prior_mean, check_finite=False)

    def conditioned(self, x: Floats, y: Floats) -> "GaussianProcess":
        """Return the posterior after more observations, with the same kernel."""
        x, y = np.concatenate([self._x, x]), np.concatenate([self._y, y])
        return GaussianProcess(self.kernel, x, y, self._prior_mean)

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the function at rows of features."""
        cross = self.kernel(x, self._x)
        half = solve_triangular(self._factor[0], cross.T, lower=True, check_finite=False)
        variance = self.kernel.amplitude - (half * half).sum(0)
        return self._prior_mean + cross @ self._weights, np.sqrt(np.maximum(variance, 1e-12))

    def predict_with_gradient(self, x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return mean, standard deviation, and their derivatives, each of shape (m, p)."""
        kernel = self.kernel
        correlation, slope = matern(kernel.squared_distances(x, self._x))
        cross = kernel.amplitude * correlation
        solved = cho_solve(self._factor, cross.T, check_finite=False).T
        variance = kernel.amplitude - (cross * solved).sum(1)
        deviation = np.sqrt(np.maximum(variance, 1e-12))
        weight = 2.0 * kernel.amplitude / kernel.lengths[kernel.groups] ** 2

        def derivative(by_cross: Floats) -> Floats:
            pull = by_cross * slope
            return weight * (pull.sum(1)[:, None] * x - pull @ self._x)

        mean_slope = derivative(np.broadcast_to(self._weights, cross.shape))
        deviation_slope = -derivative(solved) / deviation[:, None]
        mean = self._prior_mean + cross @ self._weights
        return mean, deviation, mean_slope, deviation_slope


def fit_kernel(x: Floats, y: Floats, groups: NDArray[np.intp], lengths: list[Normal]) -> Kernel:
    """Return the kernel with the largest posterior probability of its hyperparameters.

    Args:
        x: Features, shape (n, p).
        y: Observations, shape (n,), about zero mean and unit variance.
        groups: Which columns share a length scale, shape (p,).
        lengths: What is believed of the length scale of each group.
    """
    count = len(lengths)
    squares = squared_differences(x, groups, count)
    pairs = [*lengths, AMPLITUDE, NOISE]
    center, spread = np.array(pairs).T

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, slope = log_likelihood_loss(theta, squares, y)
        offset = (theta - center) / spread
        return value + 0.5 * float(offset @ offset), slope + offset / spread

    bounds = [(c - 4 * s, c + 4 * s) for c, s in pairs]
    options = {"maxfun": _MAX_EVALUATIONS, "ftol": 1e-6}
    theta = minimize(loss, center, jac=True, bounds=bounds, method="L-BFGS-B", options=options).x
    return Kernel(np.exp(theta[:count]), np.exp(theta[-2]), np.exp(theta[-1]), groups)


def squared_differences(x: Floats, groups: NDArray[np.intp], count: int) -> Floats:
    """Return squared distances of all pairs i > j, one row for each group of columns."""
    rows, columns = np.tril_indices(len(x), -1)
    squares = np.zeros((count, len(rows)))
    for feature, group in zip(x.T, groups, strict=True):
        squares[group] += (feature[rows] - feature[columns]) ** 2
    return squares


def log_likelihood_loss(theta: Floats, squares: Floats, y: Floats) -> tuple[float, Floats]:
    """Return the value, and its derivatives by the logarithms of the hyperparameters."""
    n, count = len(y), len(squares)
    rows, columns = np.tril_indices(n, -1)
    inverse_squares = np.exp(-2.0 * theta[:count])
    amplitude, noise = np.exp(theta[count:])
    correlation, slope = matern(inverse_squares @ squares)
    covariance = np.diag(np.full(n, amplitude + noise + _JITTER))
    covariance[rows, columns] = amplitude * correlation
    factor, failed = lapack.dpotrf(covariance, lower=1)
    if failed:
        return 1e10, np.zeros_like(theta)
    weights = cho_solve((factor, True), y, check_finite=False)
    inverse = lapack.dpotri(factor, lower=1)[0]
    by_pair = inverse[rows, columns] - weights[rows] * weights[columns]
    by_diagonal = 0.5 * float(np.trace(inverse) - weights @ weights)
    by_lengths = -2.0 * amplitude * inverse_squares * (squares @ (by_pair * slope))
    by_amplitude = amplitude * (float(by_pair @ correlation) + by_diagonal)
    value = 0.5 * float(y @ weights) + float(np.log(np.diag(factor)).sum())
    return value, np.array([*by_lengths, by_amplitude, noise * by_diagonal])
