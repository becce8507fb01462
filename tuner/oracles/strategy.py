"""The base of the strategies: a strategy says only where the next point lies.

Defaults, repeats and the end of a space are here.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from data.errors import InputError
from tuner.oracles.knowledge import Knowledge
from tuner.space.cube import SearchSpace, Values
from tuner.trials.known import Known
from tuner.trials.seeds import generator
from tuner.trials.trial import Trial

# Draws before a finite space is searched in order for a point that is left.
_DRAWS = 100

Result = TypeVar("Result")
# Tells whether a trial, whatever became of it, has or had these values.
Tried = Callable[[Values], bool]


class EachTrial(Generic[Result]):
    """A function of values that is computed once for each trial."""

    def __init__(self, function: Callable[[Values], Result]) -> None:
        self._function = function
        self._seen: dict[int, tuple[Values, Result]] = {}

    def __call__(self, trial: Trial) -> Result:
        """Return what the function says of a trial's values."""
        seen = self._seen.get(trial.number)
        if seen is None or seen[0] != trial.values:
            seen = self._seen[trial.number] = dict(trial.values), self._function(trial.values)
        return seen[1]


class Strategy:
    """Chooses the values of trials, numbered from 0.

    A suggestion is a function of the arguments here, the number of the trial, and what is known.
    What a strategy keeps from one suggestion to the next saves time, and changes no answer.

    Args:
        space: The search space.
        seed: 0 or larger.
        max_trials: How many trials the search has; None: as many as the space.
        others: Other searches, to learn from.
        starts: Points of the space that are tried after the defaults.

    Raises:
        InputError: There are other searches, and the strategy does not learn.
    """

    # Whether results decide what is tried next, so that those of other searches are of use.
    learns = False

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        max_trials: int | None = None,
        others: Sequence[Knowledge] = (),
        starts: Sequence[Values] = (),
    ) -> None:
        if others and not self.learns:
            raise InputError(f"Expected a strategy that learns. Received: {type(self).__name__}")
        self.space, self.seed, self.max_trials, self.others = space, seed, max_trials, others
        defaults = [space.defaults()] if space.has_defaults else []
        self._starts = [*defaults, *starts]
        self._key = EachTrial(space.key)

    def suggest(self, number: int, known: Known) -> Values | None:
        """Return the defaults for trial 0 where somebody stated any, then the other starts.

        After them, it is a point of the strategy's own.

        Args:
            number: The number of the trial.
            known: The trials before it, in order of number.

        Returns:
            Active hyperparameters only; None when the space is exhausted.
        """
        space = self.space
        keys = {self._key(trial) for trial in (*known.ended, *known.running)}

        def tried(values: Values) -> bool:
            return space.key(values) in keys

        if number < len(self._starts) and not tried(self._starts[number]):
            return self._starts[number]
        points = space.points
        if points is not None and len(keys) >= points.size and points.first_not(tried) is None:
            return None
        return self.next_point(number, known, tried)

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        """Return a point that was not tried; None when there is no such point.

        This is what a strategy adds. Arguments as for `suggest`.
        """
        raise NotImplementedError

    def random_point(self, number: int, tried: Tried) -> Values | None:
        """Return a random point that was not tried; None when there is none.

        Drawing has no limit in an infinite space: only branches of it can be used up.
        """
        space, rng = self.space, generator(self.seed, number, "suggest")
        points = space.points
        draws = itertools.count() if points is None else range(_DRAWS)
        drawn = (space.decode(rng.random(len(space.free))) for _ in draws)
        values = next(itertools.filterfalse(tried, drawn), None)
        if values is not None or points is None:
            return values
        return points.first_not(tried, int(rng.integers(min(points.size, 2**62))))
