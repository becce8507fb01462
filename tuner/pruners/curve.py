"""Stops a trial that will hardly end better than the best, as its own curve and the others tell."""

from dataclasses import dataclass

import numpy as np

from tuner.pruners.pruner import Curves, Floats, grace

# What is believed before any trial has ended: the weight of so many trials, which gained this share
# of what their curves promised.
PRIOR_TRIALS = 2.0
PRIOR_SHARE = 0.5
# A curve that stands still may do so by chance: it promises one step of the metric, and this share
# of what the curves promise in the middle.
STANDSTILL = 0.25


@dataclass(frozen=True)
class CurveRule:
    """Stops a trial once the probability that it ends better than the incumbent is small.

    What a trial still gains after an epoch is held against what its curve promises: learning
    curves are about straight on a logarithmic axis of epochs, or flatten, so a promise is the gain
    over the last third, continued at that pace to the last epoch. The trials that have ended
    tell which share of such promises comes true: an exponential distribution, whose rate has a
    gamma prior. The probability of a gain that reaches the incumbent is then a power law, heavy
    in its tail while few trials have ended, which makes the rule careful at the begin of a search.

    Sources: stopping by the predicted end of a curve: Domhan et al., Speeding Up Automatic
    Hyperparameter Optimization of Deep Neural Networks by Extrapolation of Learning Curves (IJCAI
    2015); the predictive distribution: Gelman et al., Bayesian Data Analysis (2013), section 2.6.

    Attributes:
        error_rate: The largest probability at which a trial is stopped. So, of those stopped, at
            most this share would have ended better than the incumbent.
    """

    error_rate: float = 0.1

    def __call__(self, number: int, curve: Floats, known: Curves) -> str | None:
        """See `Pruner`."""
        if len(curve) < max(2, grace(known.max_epochs)):
            return None
        chance = chance_to_win(np.minimum.accumulate(curve), known)
        if chance >= self.error_rate:
            return None
        return f"its chance to end better than the best is {100 * chance:.1f} %"


def chance_to_win(best: Floats, known: Curves) -> float:
    """Return the probability that a trial ends better than the incumbent.

    Args:
        best: Its best value so far, epoch by epoch, shape (epochs,): two epochs or more.
        known: The trials that have ended.
    """
    promise, weight, total = _experience(best, known)
    needed = (best[-1] - known.incumbent + known.step) / promise
    return float((total / (total + needed)) ** weight)


def expected_end(best: Floats, known: Curves) -> float:
    """Return the value with which a trial would end, if not better than the incumbent.

    Args:
        best: As for `chance_to_win`; one epoch tells nothing but its value.
        known: The trials that have ended.
    """
    if len(best) < 2:
        return float(best[-1])
    promise, weight, total = _experience(best, known)
    return float(max(best[-1] - promise * total / weight, known.incumbent))


def _experience(best: Floats, known: Curves) -> tuple[float, float, float]:
    """Return what a curve promises, how many trials have shown what comes true, and their sum."""
    epochs = len(best)
    others = known.best[known.whole]
    others = others[np.isfinite(others[:, :epochs]).all(axis=1)]
    promises = np.append(
        promised_gain(others[:, :epochs], known.max_epochs), promised_gain(best, known.max_epochs)
    )
    # The smallest number keeps a search in which nothing moves from dividing by zero.
    promises += STANDSTILL * np.median(promises) + known.step + 1e-12
    kept = (others[:, epochs - 1] - others[:, -1]) / promises[:-1]
    total = PRIOR_TRIALS * PRIOR_SHARE + kept.sum()
    return float(promises[-1]), PRIOR_TRIALS + len(kept), float(total)


def promised_gain(best: Floats, max_epochs: int) -> Floats:
    """Return the gain over the last third, continued on a logarithmic axis to the last epoch.

    Args:
        best: Best values so far, smaller is better, shape (..., epochs).
        max_epochs: The last epoch.
    """
    epochs = best.shape[-1]
    before = max(1, 2 * epochs // 3)
    pace = (best[..., before - 1] - best[..., -1]) / np.log(epochs / before)
    return np.asarray(pace * np.log(max_epochs / epochs))
