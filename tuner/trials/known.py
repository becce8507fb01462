"""What a suggestion may know of the trials before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tuner.trials.ending import Status
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial


@dataclass(frozen=True)
class Known:
    """The trials of a search, as the suggestion for one of them may know them.

    Attributes:
        objective: What the scores are.
        ended: The trials whose end counts, in order of number.
        running: All other trials before, likewise, of which only the values are to be looked at:
            they may have ended, but too late to count.
    """

    objective: Objective
    ended: Sequence[Trial] = ()
    running: Sequence[Trial] = ()

    @property
    def best(self) -> Trial | None:
        """The best completed trial by `Objective.rank`; None before there is one."""
        completed = [t for t in self.ended if t.status is Status.COMPLETED and t.score is not None]
        return min(completed, key=self.objective.rank, default=None)
