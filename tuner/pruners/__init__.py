"""Pruners: which trials end early. `make_pruner` has them by the names of ``--pruner``."""

from tuner.pruners.curve import CurveRule, expected_end
from tuner.pruners.median import median_rule
from tuner.pruners.pruner import Curves, Pruner
from tuner.pruners.successive_halving import SuccessiveHalving, hyperband

__all__ = ["Curves", "Pruner", "expected_end", "make_pruner"]


def make_pruner(name: str, error_rate: float | None = None) -> Pruner | None:
    """Return a pruner; None for "none".

    Args:
        name: "none", "median", "asha", "curve", or "hyperband", which belongs to the strategy.
        error_rate: For "curve", how many of the stopped trials may be stopped wrongly: more than
            0, less than 1. None: its default.
    """
    pruners: dict[str, Pruner | None] = {
        "none": None,
        "median": median_rule,
        "asha": SuccessiveHalving(),
        "hyperband": hyperband,
        "curve": CurveRule() if error_rate is None else CurveRule(error_rate),
    }
    return pruners[name]
