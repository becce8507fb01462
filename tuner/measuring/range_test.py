"""The learning-rate range test: raise the rate step by step, watch the loss, propose a rate.

Source: Smith, Cyclical Learning Rates for Training Neural Networks (2017).
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from tuner.training.keras_internals import graphs_released, plain_optimizer
from tuner.training.twins import state

# Each is (x, y) or (x, y, weights).
Batches = Iterator[tuple[Any, ...]]
Floats = NDArray[np.float64]

# The rates of the test, and how many steps it takes from one to the other.
LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 300
# A loss so many times the first one has diverged: going on would only take time.
DIVERGED = 2.0
# Losses are averaged over so many decades of the rate.
SMOOTHING = 0.15
# The loss is smallest at the edge of what a training bears; a rate that lasts is so much lower.
FROM_THE_EDGE = 10.0
# The range around the proposed rate, as a factor.
AROUND = 10.0
# Steps at the proposed rate, and at twice that rate, which a stable training bears.
PROBED = 100


@dataclass(frozen=True)
class RangeTest:
    """What a range test has found.

    Attributes:
        learning_rate: The proposed rate; None where the loss never fell.
        low: The lowest rate worth a trial.
        high: The highest.
        rates: The learning rate of each step.
        losses: The loss of each step, the mean of the repetitions.
        smoothed: The same, smoothed.
        breaks_at_twice: Training does not bear twice the proposed rate.
        gradient_norm: Nine tenths of the gradients at the proposed rate have a global norm below.
    """

    learning_rate: float | None
    low: float
    high: float
    rates: Floats
    losses: Floats
    smoothed: Floats
    breaks_at_twice: bool = False
    gradient_norm: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what ``learning_rate.json`` holds."""
        columns = {"learning_rate": self.rates, "loss": self.losses, "smoothed": self.smoothed}
        return {
            "learning_rate": self.learning_rate,
            "low": self.low,
            "high": self.high,
            "breaks_at_twice": self.breaks_at_twice,
            "gradient_norm": self.gradient_norm,
            "curve": {
                name: [float(f"{number:.5g}") for number in column]
                for name, column in columns.items()
            },
        }


@graphs_released()
def find_learning_rate(
    model: keras.Model,
    batches: Callable[[int], Batches],
    repetitions: int = 3,
    low: float = 1e-5,
    high: float = 1e-1,
) -> RangeTest:
    """Run the test, read the mean of its losses, and probe the rate that it proposes.

    The model is then what it was before: weights, optimizer, schedule.

    Example:

    ```python
    def batches(number):
        return iter(dataset.stream("train", 32, shuffle_seed=number).repeat())

    find_learning_rate(model, batches).learning_rate
    ```

    Args:
        model: Any compiled and built model.
        batches: Returns `(x, y)` or `(x, y, weights)` to train on without end, in another order for
            each number.
        repetitions: How often the test runs, from the same weights.
        low: No rate below is proposed.
        high: No rate above is proposed.
    """
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    runs = [losses_at(model, batches(number), rates) for number in range(repetitions)]
    shortest = min(map(len, runs))
    found = read(rates[:shortest], np.mean([run[:shortest] for run in runs], axis=0), low, high)
    if found.learning_rate is None:
        return found
    twice = losses_at(model, batches(repetitions), [2 * found.learning_rate] * PROBED)
    norms = gradient_norms(model, batches(repetitions), found.learning_rate)
    return replace(
        found,
        breaks_at_twice=_broken(twice),
        gradient_norm=float(f"{np.percentile(norms, 90):.2g}"),
    )


def losses_at(model: keras.Model, batches: Batches, rates: Iterable[float]) -> list[float]:
    """Return the loss of each step of a training with these rates; it ends where it diverges."""
    losses: list[float] = []
    with steered(model) as set_rate:
        for rate in rates:
            set_rate(float(rate))
            loss = float(model.train_on_batch(*next(batches), return_dict=True)["loss"])
            if not math.isfinite(loss):
                break
            losses.append(loss)
            if np.median(losses[-5:]) > DIVERGED * abs(np.median(losses[:5])):
                break
    return losses


def gradient_norms(model: keras.Model, batches: Batches, rate: float) -> list[float]:
    """Return the global norm of the gradient before each of some steps at one rate."""

    @tf.function
    def norm(x: Any, y: Any, weights: Any = None) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x, y, model(x, training=True), weights)
        return tf.linalg.global_norm(tape.gradient(loss, model.trainable_weights))

    norms: list[float] = []
    with steered(model) as set_rate:
        set_rate(rate)
        for batch in itertools.islice(batches, PROBED):
            norms.append(float(norm(*batch)))
            model.train_on_batch(*batch)
    return norms


def read(rates: Floats, losses: Floats, low: float = 0.0, high: float = math.inf) -> RangeTest:
    """Propose a rate from the smoothed loss, and a range around it.

    It is read in the two usual ways, which err on different sides, and their geometric mean is
    taken: where the loss falls most steeply, relative to itself; and a tenth of the rate at which
    it is smallest.

    Args:
        rates: Rising by a constant factor.
        losses: One a rate.
        low: No rate below is proposed.
        high: No rate above is proposed.
    """
    decades = np.log10(rates)
    smoothed = gaussian_filter1d(losses, SMOOTHING / (decades[1] - decades[0]), mode="nearest")
    lowest = int(smoothed.argmin())
    if lowest == 0:
        return RangeTest(None, low, high, rates, losses, smoothed)
    slope = np.gradient(smoothed, decades) / np.maximum(np.abs(smoothed), 1e-12)
    steepest = int(slope[: lowest + 1].argmin())
    read_off = math.sqrt(rates[steepest] * rates[lowest] / FROM_THE_EDGE)
    proposed = _rounded(min(max(read_off, low), high))
    bottom, top = max(proposed / AROUND, low), min(proposed * AROUND, high)
    return RangeTest(proposed, _rounded(bottom), _rounded(top), rates, losses, smoothed)


def _broken(losses: list[float]) -> bool:
    return len(losses) < PROBED or bool(np.median(losses[-20:]) > np.median(losses[:5]))


def _rounded(rate: float) -> float:
    """Return a rate with two digits: more of them are noise."""
    return float(f"{rate:.1e}")


@contextmanager
def steered(model: keras.Model) -> Iterator[Callable[[float], Any]]:
    """Lend a function that sets the learning rate of the next steps, whatever the schedule.

    Afterwards the model has back all that training changes: weights, generators, optimizer.
    """
    variables, optimizer = state(model), plain_optimizer(model.optimizer)
    before, attributes = [variable.numpy() for variable in variables], dict(vars(optimizer))
    rate = optimizer.learning_rate
    steady = isinstance(rate, keras.Variable)
    if not steady:
        rate = tf.Variable(0.0, trainable=False)
        optimizer.learning_rate = lambda: rate
        model.make_train_function(force=True)
    try:
        yield rate.assign
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        model.reset_metrics()
        if not steady:
            vars(optimizer).update(attributes)  # In public a schedule can be set, but not read.
            model.make_train_function(force=True)
