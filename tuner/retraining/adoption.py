"""Whether a configuration is better than another, or only luckier: trainings compared in pairs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tuner.trials.objective import Objective

# Of comparisons without a true difference, one in twenty ends with an interval that lies on one
# side of 0, and half of these on the wrong one: "better" is said wrongly 1 time in 40.
CONFIDENCE = 0.95
# How often a gain is to be shown with the number of seeds that is proposed, and the most of them.
POWER, MOST_SEEDS = 0.8, 100
# Differences that differ by less than this are equal, but for rounding.
EQUAL = 1e-12

# The score of each seed's training; None for one that diverged.
Scores = Sequence[float | None]


@dataclass(frozen=True)
class Comparison:
    """What pairs of trainings say of two configurations.

    Attributes:
        better: The first configuration is better, beyond chance.
        text: The verdict as a sentence.
        gain: By how much it is better on average, in units of the objective; negative when worse.
            None without two pairs.
        interval: Where the true gain lies, with `CONFIDENCE`.
        p_value: How often chance alone gives so large a difference, in either direction.
        pairs: How many seeds were compared.
    """

    better: bool
    text: str
    gain: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    pairs: int = 0


SAME = Comparison(False, "The configuration is that of the defaults: there is nothing to compare")


def compare(ours: Scores, theirs: Scores, objective: Objective) -> Comparison:
    """Tell whether a configuration is better than another, from trainings with the same seeds.

    By Student's t-test on the differences of pairs, two-sided, and its confidence interval. It does
    not know the sampling error of the validation data, which all trainings share.

    Args:
        ours: The objective for each seed.
        theirs: Likewise, in the same order.
        objective: Which way is better.
    """
    pairs = list(zip(ours, theirs, strict=True))
    gains = np.array([objective.gain(a, b) for a, b in pairs if a is not None and b is not None])
    lost = ", ".join(str(i) for i, (a, b) in enumerate(pairs) if a is None and b is not None)
    text = f"No better than the default: it diverged with seed {lost}" if lost else ""
    if len(gains) < 2:
        text = text or "Undecided: fewer than two pairs of trainings ended well"
        return Comparison(False, text, pairs=len(gains))
    gain, p_value, interval = _paired_test(gains)
    better = not lost and gain > 0 and p_value < 1 - CONFIDENCE
    numbers = f"[{interval[0]:+.4f}, {interval[1]:+.4f}], p = {p_value:.2g}"
    if better:
        text = f"Better than the default by {gain:.4f} {numbers}"
    elif gain > EQUAL and not lost:
        text = f"Not shown to be better than the default: gain {gain:+.4f} {numbers}"
        text += f"; {_seeds_to_show(gains)}"
    text = text or f"No better than the default: gain {gain:+.4f} {numbers}"
    return Comparison(better, text, gain, interval, p_value, len(gains))


def _paired_test(gains: np.ndarray) -> tuple[float, float, tuple[float, float]]:
    """Return mean, two-sided p-value and confidence interval of differences."""
    gain = float(gains.mean())
    if np.ptp(gains) < EQUAL:
        # A t-test takes equal differences for certainty. That all have one sign is less than that.
        p_value = 1.0 if abs(gain) < EQUAL else 2.0 ** (1 - len(gains))
        return gain, p_value, (gain, gain)
    test = stats.ttest_1samp(gains, 0.0)
    interval = test.confidence_interval(CONFIDENCE)
    return gain, float(test.pvalue), (float(interval.low), float(interval.high))


def _seeds_to_show(gains: np.ndarray) -> str:
    """Return, in words, how many seeds would show a gain like the mean of these, if it is true."""
    if np.ptp(gains) < EQUAL:
        needed = 1 - math.log2(1 - CONFIDENCE)
    else:
        # The usual approximation by the normal distribution, and two for what it leaves out.
        quantiles = stats.norm.ppf([(1 + CONFIDENCE) / 2, POWER]).sum()
        needed = (quantiles * gains.std(ddof=1) / gains.mean()) ** 2 + 2
    seeds = max(math.ceil(needed), len(gains) + 1)
    if seeds > MOST_SEEDS:
        return f"so small a gain takes more than {MOST_SEEDS} seeds to show"
    return f"about {seeds} seeds would show such a gain (--seeds {seeds})"


def mean_and_spread(scores: Sequence[float]) -> tuple[float, float]:
    """Return mean and standard deviation, which is 0 for a single score."""
    return float(np.mean(scores)), float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0
