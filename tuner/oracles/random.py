"""Random search: each trial is an independent draw."""

from tuner.oracles.strategy import Strategy, Tried
from tuner.space.cube import Values
from tuner.trials.known import Known


class Random(Strategy):
    """Draws each point at random from the ranges' scales, and no point twice.

    Source: Bergstra and Bengio, Random Search for Hyper-Parameter Optimization (JMLR 2012).
    """

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        return self.random_point(number, tried)
