"""Median stopping: a trial ends that does worse than half of the others did on their way."""

import numpy as np

from tuner.pruners.pruner import Curves, Floats, grace

# Before so many trials have ended by themselves, their median says little.
ENOUGH_TRIALS = 5


def median_rule(number: int, curve: Floats, known: Curves) -> str | None:
    """Stop a trial whose best epoch is worse than the median of the others' running averages.

    Source: Golovin et al., Google Vizier: A Service for Black-Box Optimization (KDD 2017).
    """
    epochs, others = len(curve), known.values[known.whole]
    if epochs < grace(known.max_epochs) or len(others) < ENOUGH_TRIALS:
        return None
    if curve.min() <= np.median(np.nanmean(others[:, :epochs], axis=1)):
        return None
    return f"worse than the median of {len(others)} trials"
