"""Asynchronous successive halving, and Hyperband, which runs it with several first rungs."""

from dataclasses import dataclass

import numpy as np

from tuner.pruners.pruner import Curves, Floats

# One trial in so many goes on from a rung to the next, which takes so many times its epochs.
FACTOR = 3
# Rungs below the whole training: more of them would compare trials before they tell anything.
RUNGS = 2
# Hyperband's brackets, the most thrifty of which has its first rung after a 27th of the epochs.
BRACKETS = 4


def rungs(max_epochs: int, count: int) -> list[int]:
    """Return the epochs after which trials are compared, each `FACTOR` times those before."""
    epochs = {-(-max_epochs // FACTOR**power) for power in range(1, count + 1)}
    return sorted(epochs - {max_epochs})


@dataclass(frozen=True)
class SuccessiveHalving:
    """At each rung the best third goes on, judged by those that got there before.

    The stopping variant of the algorithm: a trial that is stopped is not taken up again, however
    good it looks beside later ones. Before three trials have reached a rung, the best goes on.

    Sources: Li et al., A System for Massively Parallel Hyperparameter Tuning (MLSys 2020); the
    stopping variant: Klein et al., Model-Based Asynchronous Hyperparameter and Neural
    Architecture Search (2020).
    """

    rungs: int = RUNGS

    def __call__(self, number: int, curve: Floats, known: Curves) -> str | None:
        """See `Pruner`."""
        epochs = len(curve)
        if epochs not in rungs(known.max_epochs, self.rungs):
            return None
        reached = known.best[:, epochs - 1]
        reached = reached[np.isfinite(reached)]
        better = int((reached < curve.min()).sum())
        if better < max(1, (len(reached) + 1) // FACTOR):
            return None
        return f"behind {better} of {len(reached)} trials after {epochs} epochs"


def hyperband(number: int, curve: Floats, known: Curves) -> str | None:
    """Successive halving in brackets: some trials are compared early, some late, some never.

    Who knows no good first rung hedges. A trial of bracket b has b rungs, and rivals only in its
    own bracket.

    Source: Li et al., Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization
    (JMLR 2018); asynchronous: Li et al., A System for Massively Parallel Hyperparameter Tuning
    (MLSys 2020).
    """
    own = bracket(number)
    rivals = known.take(np.array([bracket(int(other)) == own for other in known.numbers]))
    return SuccessiveHalving(own)(number, curve, rivals)


def bracket(number: int) -> int:
    """Return the bracket of a trial, which depends on its number alone."""
    return _CYCLE[number % len(_CYCLE)]


def _cycle() -> list[int]:
    """Mix as many trials of each bracket as Hyperband gives them in one round: 27, 12, 6, 4."""
    sizes = [-(-BRACKETS * FACTOR**b // (b + 1)) for b in range(BRACKETS)]
    places = [((i + 0.5) / size, -b) for b, size in enumerate(sizes) for i in range(size)]
    return [-b for _, b in sorted(places)]


_CYCLE = _cycle()
