"""Pruners: which trials end early. `make_pruner` has them by the names of ``--pruner``."""

from typing import Any

from tuner.command_line.choices import PRUNERS, load
from tuner.pruners.curve import expected_end
from tuner.pruners.pruner import Curves, Pruner

__all__ = ["Curves", "Pruner", "expected_end", "make_pruner"]


def make_pruner(name: str, **settings: Any) -> Pruner | None:
    """Return a pruner; None for "none".

    Args:
        name: "none", or one of `PRUNERS`: a function, or a dataclass whose fields are its settings.
        settings: Those of its own, such as `error_rate` for "curve". What is not given has its
            default.
    """
    if name == "none":
        return None
    rule = load(PRUNERS[name])
    pruner: Pruner = rule(**settings) if isinstance(rule, type) else rule
    return pruner
