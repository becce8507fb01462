"""Whether the validation examples are enough to tell trials apart."""

import math

import numpy as np

from data import Dataset
from data.errors import InputError
from tuner.setup.preparation import Preparation
from tuner.trials.objective import Objective

# From so many on one example is worth at most 0.01 of an accuracy, and chance moves that by at most
# 0.05 (one standard error). Two models that disagree on one example in 16 and differ by 0.05 are
# then two standard errors apart: sqrt(1/16 / 100) = 0.025. A mean squared error has 14%.
ENOUGH_EXAMPLES = 100
# Examples of one group are alike, so that which groups are there by chance counts, too. Of so few a
# spread cannot even be estimated.
ENOUGH_GROUPS = 10

FOLDS = (5, 3, 2)


def validation_advice(prepared: Preparation) -> str | None:
    """Return what to do where validation cannot tell trials apart; None where it can."""
    dataset = prepared.dataset
    if prepared.options.folds:
        return None
    examples, groups = len(dataset.validation), dataset.validation.groups
    if examples < ENOUGH_EXAMPLES:
        chance = _chance(prepared.objective, _squares(prepared), examples)
        return f"{examples} validation examples{chance}: {_way_out(dataset)}"
    count = ENOUGH_GROUPS if groups is None else len(np.unique(groups))
    if count < ENOUGH_GROUPS:
        name = prepared.objective.name
        return (
            f"{examples} validation examples are of {count} groups, and which ones these are moves "
            f"{name} as chance does: {_way_out(dataset)}"
        )
    return None


def _squares(prepared: Preparation) -> bool:
    """Return whether the objective is, or is likely to be, a mean of squared errors."""
    dataset, name = prepared.dataset, prepared.objective.name.removeprefix("val_")
    alone = dataset.task == "regression" and not dataset.more_targets
    return alone and name in ("loss", "mse", "mean_squared_error")


def _chance(objective: Objective, squares: bool, examples: int) -> str:
    """Return how far chance alone moves a score: one standard error at the most.

    That of a share is 1 / 2 / sqrt(n), for a share of one half. That of the mean square of n normal
    errors is sqrt(2 / n) of it.
    """
    name = objective.name
    if objective.is_share:
        return (
            f": one more right is {1 / examples:.2g} of {name}, and chance alone moves it by up to "
            f"±{0.5 / math.sqrt(examples):.2f} (one standard error)"
        )
    if squares:
        return (
            f": chance alone moves a mean squared error by ±{math.sqrt(2 / examples):.0%} (one "
            "standard error, if errors are normal)"
        )
    return f" are few to tell trials apart by {name}"


def _way_out(dataset: Dataset) -> str:
    for folds in FOLDS:
        try:
            parts = [dataset.fold(k, folds).validation for k in range(folds)]
        except InputError:
            continue
        compared = sum(map(len, parts))
        everything = len(dataset.train) + len(dataset.validation)
        return f"--folds {folds} compares trials on {'all ' * (compared == everything)}{compared}"
    return "more validation examples would tell trials apart"
