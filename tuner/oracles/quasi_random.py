"""Quasi-random search: points that fill the space evenly, however many there are."""

import numpy as np
from scipy import stats

from tuner.oracles.strategy import Strategy, Tried
from tuner.space.cube import Values
from tuner.space.scale import Floats
from tuner.trials.known import Known
from tuner.trials.seeds import generator


class QuasiRandom(Strategy):
    """Takes the points of a scrambled Sobol sequence: point i depends on the seed and i alone.

    In a finite space a point that was tried gives way to a random one that was not.

    Sources: Sobol (1967); Owen, Scrambling Sobol and Niederreiter-Xing Points (1998); Bousquet et
    al., Critical Hyper-Parameters: No Random, No Cry (2017).
    """

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        values = self.space.decode(sobol_point(len(self.space.free), number, self.seed))
        return values if not tried(values) else self.random_point(number, tried)


def sobol_point(dimensions: int, index: int, seed: int) -> Floats:
    """Return one point of a scrambled Sobol sequence, shape (dimensions,), each in [0, 1)."""
    if dimensions == 0:
        return np.empty(0)
    engine = stats.qmc.Sobol(dimensions, scramble=True, rng=generator(seed, 0, "suggest"))
    if index > 0:  # SciPy refuses to go forward by nothing.
        engine.fast_forward(index)
    return engine.random(1)[0]
