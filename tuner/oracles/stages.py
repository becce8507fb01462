"""One search in three stages: the learning rate alone, then the rest around it, then all of it."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from data.errors import InputError
from tuner.oracles.strategy import Strategy, Tried
from tuner.space.changes import changed, constant
from tuner.space.cube import SearchSpace, Values
from tuner.space.hyperparameters import Declaration, Hyperparameter
from tuner.trials.known import Known

RATE = "learning_rate"
# The shares of a budget, of which the refinement has the rest; and how many trials the first stage
# has at least (the defaults, the proposed rate, one more) and at most, for one hyperparameter.
FIRST, SECOND = 0.2, 0.55
FEWEST, MOST = 3, 8
# How far the second stage strays from the best learning rate, as a factor.
AROUND = 4.0
# How far the last stage strays from the best trial, as a share of each range.
REFINED = 0.2

Ends = dict[Hyperparameter, tuple[Any, Any]]


@dataclass(frozen=True)
class Interval:
    """A learning rate to begin with, and the range to search around it."""

    learning_rate: float
    low: float
    high: float


def require_learning_rate(space: SearchSpace) -> None:
    """Raise unless a space has a range of learning rates to search first.

    Raises:
        InputError: It has none, or one value only.
    """
    if not any(h.name == RATE and h.numeric and not h.whole for h in space.hyperparameters):
        raise InputError(
            f"--staged searches {RATE} first, but the search space has no range of that "
            "name: leave out --staged, or do not fix it"
        )


def stage_of(number: int, max_trials: int) -> str:
    """Return the stage that a trial belongs to: "learning rate", "rest" or "refinement"."""
    first = min(max(round(FIRST * max_trials), FEWEST), MOST)
    if number < first:
        return "learning rate"
    return "rest" if number < first + round(SECOND * max_trials) else "refinement"


def stages_text(max_trials: int) -> str:
    """Return which trials belong to which stage, in words."""
    parts = []
    for stage, group in itertools.groupby(range(max_trials), lambda n: stage_of(n, max_trials)):
        first, *others = group
        trials = f"trials {first} to {others[-1]}" if others else f"trial {first}"
        parts.append(f"{trials}: {stage}")
    return "; ".join(parts)


class Staged(Strategy):
    """Narrows the space of a strategy, stage by stage, to what the stages before have found.

    The stage is a function of the number of the trial; its space, of the trials that have ended.
    So a suggestion depends on nothing else, as with any other strategy.

    Args:
        strategy: Makes what suggests values within a stage; takes the arguments of `Strategy`.
        found: What the range test has proposed.
        arguments: As for `Strategy`; `max_trials` is needed.
    """

    # If the strategy of its stages does.
    learns = True

    def __init__(
        self, *arguments: Any, strategy: Callable[..., Strategy], found: Interval, **keywords: Any
    ) -> None:
        super().__init__(*arguments, **keywords)
        self._strategy, self._found = strategy, found
        self._inner: dict[str, Strategy] = {}

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        """Return a point of the stage's space, or of the whole one when that is exhausted."""
        for space in (*self._narrowed(number, known), self.space.declarations):
            inner = self._strategy_on(space)
            inside = inner.space.contains
            there = Known(
                known.objective,
                [trial for trial in known.ended if inside(trial.values)],
                [trial for trial in known.running if inside(trial.values)],
            )
            values = inner.suggest(number, there)
            if values is not None:
                return values
        return None

    def _narrowed(self, number: int, known: Known) -> list[list[Declaration]]:
        """Return the spaces that a trial is suggested from, given what is known, in this order."""
        stage, best, found = stage_of(number, self.max_trials or 0), known.best, self._found
        if stage == "learning rate":
            searched = self._within(self._rates(found.low, found.high), held=True)
            proposed = self._within(self._rates(*(found.learning_rate,) * 2), held=True)
            return [proposed, searched] if number == 1 else [searched]
        if stage == "refinement" and best is not None:
            return [self._within(self._neighbourhood(best.values))]
        # The branch of the best trial may have no learning rate.
        rate = (best.values if best else {}).get(RATE, found.learning_rate)
        return [self._within(self._rates(rate / AROUND, rate * AROUND))]

    def _rates(self, low: float, high: float) -> Ends:
        """Return these ends for all ranges of the learning rate: each branch may have its own."""
        named = (h for h in self.space.hyperparameters if h.name == RATE and h.numeric)
        return dict.fromkeys(named, (low, high))

    def _within(self, ends: Ends, held: bool = False) -> list[Declaration]:
        """Return the space with other ends of some ranges, the rest held at its defaults or not."""
        return [
            _between(h, *ends[h])
            if h in ends
            else constant(h, h.default)
            if held
            else h.declaration
            for h in self.space.hyperparameters
        ]

    def _neighbourhood(self, values: Values) -> Ends:
        """Return the ends of the ranges around a point; choices keep all their values."""
        return {
            h: (h.value(h.unit(value) - REFINED), h.value(h.unit(value) + REFINED))
            for h, value in self.space.complete(values)
            if h.numeric
        }

    def _strategy_on(self, declarations: list[Declaration]) -> Strategy:
        """Return the strategy on a space; the same one whenever that space comes again."""
        key = json.dumps(declarations)
        if key not in self._inner:
            space = SearchSpace(declarations)
            self._inner[key] = self._strategy(space, self.seed, self.max_trials, self.others)
        return self._inner[key]


def _between(h: Hyperparameter, low: Any, high: Any) -> Declaration:
    """Return a declaration with other ends, moved to the nearest values that it has."""
    low, high = (min(max(end, h.low), h.high) for end in (low, high))
    if h.count is not None:
        low, high = (h.value(h.unit(end)) for end in (low, high))
    if low == high:
        return constant(h, low)
    return changed(h, min_value=low, max_value=high, default=min(max(h.default, low), high))
