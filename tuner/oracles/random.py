"""Random search: each trial is an independent draw."""

from tuner.oracles.oracle import Oracle
from tuner.space.cube import Values


class RandomOracle(Oracle):
    """Draws each point at random from the ranges' scales, and no point twice.

    Source: Bergstra and Bengio, Random Search for Hyper-Parameter Optimization (JMLR 2012).
    """

    def suggest(self, number: int) -> Values | None:
        """Return a random point; see `Oracle.suggest`."""
        return self.random_point(number)
