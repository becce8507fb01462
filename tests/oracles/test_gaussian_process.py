"""The model's numbers: gradients fit their values, and posteriors are what they should be."""

import keras_tuner
import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import norm

from tests.oracles.spaces import mixed_space, search_space
from tuner.oracles.acquisition import Acquisition, log_improvement
from tuner.oracles.features import Features
from tuner.oracles.gaussian_process import (
    GaussianProcess,
    Kernel,
    fit_kernel,
    log_likelihood_loss,
    squared_differences,
)
from tuner.oracles.observations import squashed
from tuner.space.scale import Floats

GROUPS = np.array([0, 1, 1, 2])


def data(n: int = 12) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    x = rng.random((n, len(GROUPS)))
    return x, np.sin(5 * x[:, 0]) + 0.1 * rng.standard_normal(n)


def model() -> GaussianProcess:
    kernel = Kernel(np.array([0.4, 1.5, 0.7]), 1.3, 0.01, GROUPS)
    return GaussianProcess(kernel, *data())


def test_likelihood_gradient() -> None:
    x, y = data()
    squares = squared_differences(x, GROUPS, 3)
    theta = np.log([0.4, 1.5, 0.7, 1.3, 0.02])
    error = check_grad(
        lambda t: log_likelihood_loss(t, squares, y)[0],
        lambda t: log_likelihood_loss(t, squares, y)[1],
        theta,
    )
    assert error < 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_acquisition_gradient(seed: int) -> None:
    acquisition = Acquisition(
        model(), -0.5, feasibility=model(), risk=1.0, price=model(), thrift=0.7
    )
    point = np.random.default_rng(seed).random(len(GROUPS))
    steps = 1e-5 * np.eye(len(GROUPS))
    numeric = (acquisition(point + steps) - acquisition(point - steps)) / 2e-5
    value, slope = acquisition.with_gradient(point[None])
    assert slope[0] == pytest.approx(numeric, rel=1e-4, abs=1e-4)
    assert acquisition(point[None]) == pytest.approx(value)


def test_feature_gradient() -> None:
    space = search_space(mixed_space())
    features = Features(space)
    rng = np.random.default_rng(0)
    units = space.snap(rng.random((1, len(space.free))))
    active = space.active(units)
    slope = rng.standard_normal((1, len(features.groups)))
    smooth = np.array([d.ordered for d in space.free])
    step = 1e-6
    numeric = [
        ((features.of(units + step * e, active) - features.of(units - step * e, active)) @ slope.T)
        / (2 * step)
        for e in np.eye(len(space.free))
    ]
    analytic = features.gradient(units, active, slope)[0]
    assert analytic[smooth] == pytest.approx(np.ravel(numeric)[smooth], abs=1e-6)


def test_a_posterior_interpolates_and_is_unsure_far_away() -> None:
    x, y = data()
    kernel = Kernel(np.full(3, 0.5), 1.0, 1e-6, GROUPS)
    posterior = GaussianProcess(kernel, x, y)
    mean, deviation = posterior.predict(x)
    assert mean == pytest.approx(y, abs=1e-2)
    assert deviation.max() < 1e-2
    assert posterior.predict(x + 100.0)[1] == pytest.approx(np.ones(len(x)))


def test_conditioning_adds_observations() -> None:
    x, y = data()
    kernel = Kernel(np.full(3, 0.5), 1.0, 1e-3, GROUPS)
    whole = GaussianProcess(kernel, x, y).predict(x)[0]
    parts = GaussianProcess(kernel, x[:5], y[:5]).conditioned(x[5:], y[5:]).predict(x)[0]
    assert parts == pytest.approx(whole)


def test_fitting_finds_what_matters_and_the_noise() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((80, 4))
    y = np.sin(6 * x[:, 0]) + 0.3 * rng.standard_normal(80)
    kernel = fit_kernel(x, (y - y.mean()) / y.std(), GROUPS, [(1.0, 1.5)] * 3)
    assert kernel.lengths[0] < 0.3 * kernel.lengths[1:].min()
    assert kernel.noise == pytest.approx(0.09 / y.var(), rel=0.5)


def test_log_improvement_is_exact_near_and_finite_far() -> None:
    z = np.array([-0.5, 0.0, 2.0])
    assert log_improvement(z) == pytest.approx(np.log(norm.pdf(z) + z * norm.cdf(z)))
    far = log_improvement(np.array([-1.0, -1.0 - 1e-9, -30.0, -1e4]))
    assert np.isfinite(far).all()
    assert far[0] == pytest.approx(far[1])
    assert (np.diff(far) < 0).all()


def test_squashed_scores_keep_their_order_and_ignores_how_bad_is_bad() -> None:
    y = np.array([0.10, 0.11, 0.12, 0.13, 0.2, 0.9, 1e9])
    z = squashed(y, y)
    assert (np.diff(z) > 0).all()
    assert z.mean() == pytest.approx(0.0)
    # The spread among the good is not lost beside the useless.
    assert z[3] - z[0] > 0.05 * (z[-1] - z[0])
    assert squashed(np.ones(3), np.ones(3)) == pytest.approx(np.zeros(3))


def test_an_unordered_choice_has_no_neighbours_and_the_inactive_no_distance() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b", "c"])
    with hp.conditional_scope("kind", ["a"]):
        hp.Float("x", 0.0, 1.0)
    space = search_space(hp)
    features = Features(space)
    points = [{"kind": "a", "x": 0.1}, {"kind": "a", "x": 0.9}, {"kind": "b"}, {"kind": "c"}]
    units = np.array([space.encode(point) for point in points])
    rows = features.of(units, space.active(units))
    squares = ((rows[:, None] - rows) ** 2).sum(2)
    assert squares[2, 3] == pytest.approx(1.0)
    assert squares[0, 2:] == pytest.approx(squares[1, 2:])
