"""Strategies: what is tried next. `ORACLES` has them by the names of ``--strategy``."""

from tuner.command_line.choices import STRATEGIES, load
from tuner.oracles.bayesian import BayesianOracle
from tuner.oracles.grid import GridOracle
from tuner.oracles.hyperband import HyperbandOracle
from tuner.oracles.oracle import Oracle
from tuner.oracles.quasi_random import QuasiRandomOracle
from tuner.oracles.random import RandomOracle

ORACLES: dict[str, type[Oracle]] = {name: load(choice) for name, choice in STRATEGIES.items()}

__all__ = [
    "ORACLES",
    "BayesianOracle",
    "GridOracle",
    "HyperbandOracle",
    "Oracle",
    "QuasiRandomOracle",
    "RandomOracle",
]
