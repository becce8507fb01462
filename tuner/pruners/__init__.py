"""Pruners: which trials end early. `make_pruner` has them by the names of ``--pruner``."""

from tuner.pruners.base import Curves, Pruner
from tuner.pruners.median import median_rule
from tuner.pruners.successive_halving import SuccessiveHalving, hyperband

__all__ = ["Curves", "Pruner", "make_pruner"]


def make_pruner(name: str) -> Pruner | None:
    """Return a pruner; None for "none".

    Args:
        name: "none", "median", "asha", or "hyperband", which belongs to the strategy.
    """
    pruners: dict[str, Pruner | None] = {
        "none": None,
        "median": median_rule,
        "asha": SuccessiveHalving(),
        "hyperband": hyperband,
    }
    return pruners[name]
