"""When a search ends."""

import time
from dataclasses import dataclass

from tuner.trials.history import History


@dataclass(frozen=True)
class Budget:
    """What a search may spend.

    Attributes:
        trials: How many trials to create in all, an earlier run's included.
        epochs: How many epochs to train in all, an earlier run's included; None: no limit.
        deadline: The `time.monotonic` at which running trials end after their epoch; None: never.
    """

    trials: int
    epochs: int | None = None
    deadline: float | None = None

    def spent(self, history: History) -> str | None:
        """Return what has run out, in words; None while nothing has."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "the time limit"
        if self.epochs is not None and history.epochs >= self.epochs:
            return f"{self.epochs} epochs in all"
        return None
