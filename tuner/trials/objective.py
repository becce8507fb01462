"""What a search optimizes: the name of a metric, and the direction that is better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Direction = Literal["min", "max"]


@dataclass(frozen=True)
class Objective:
    """A metric of the epoch logs, such as ``val_accuracy``, and which way is better.

    The direction is never guessed from an unknown name: a wrong guess declares the worst trial
    the best.
    """

    name: str
    direction: Direction

    def better(self, score: float, than: float | None) -> bool:
        """Tell whether a score beats another. Any number beats None; NaN and Inf beat nothing."""
        if not math.isfinite(score):
            return False
        if than is None:
            return True
        return score > than if self.direction == "max" else score < than

    def sort_key(self, score: float) -> float:
        """Return a number that is smaller for a better score."""
        return -score if self.direction == "max" else score

    def best_epoch(self, curve: Sequence[Mapping[str, float]]) -> tuple[float | None, int | None]:
        """Return the score of a learning curve and its epoch, counted from 1; None without one.

        Of equal epochs it is the one with the smallest validation loss, whose weights are kept.
        """
        best: tuple[float | None, int | None] = None, None
        least = math.inf
        for epoch, metrics in enumerate(curve, 1):
            score, loss = metrics.get(self.name, math.nan), metrics.get("val_loss", math.inf)
            if self.better(score, best[0]) or (score == best[0] and loss < least):
                best, least = (score, epoch), loss
        return best
