"""Strategies: what is tried next. `ORACLES` has them by the names of ``--strategy``."""

from tuner.oracles.bayesian import BayesianOracle
from tuner.oracles.grid import GridOracle
from tuner.oracles.hyperband import HyperbandOracle
from tuner.oracles.oracle import Oracle
from tuner.oracles.quasi_random import QuasiRandomOracle
from tuner.oracles.random import RandomOracle

ORACLES: dict[str, type[Oracle]] = {
    "grid": GridOracle,
    "random": RandomOracle,
    "quasi-random": QuasiRandomOracle,
    "bayesian": BayesianOracle,
    "hyperband": HyperbandOracle,
}

__all__ = [
    "ORACLES",
    "BayesianOracle",
    "GridOracle",
    "HyperbandOracle",
    "Oracle",
    "QuasiRandomOracle",
    "RandomOracle",
]
