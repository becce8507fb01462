"""One search in three stages: the learning rate alone, then the rest around it, then all of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as hp_kinds

from data.errors import InputError
from tuner.oracles.oracle import Oracle
from tuner.space.cube import Values
from tuner.space.dimensions import Dimension

RATE = "learning_rate"
# The shares of a budget, of which the refinement has the rest; and how many trials the first stage
# has at least (the defaults, the proposed rate, one more) and at most, for one hyperparameter.
FIRST, SECOND = 0.2, 0.55
FEWEST, MOST = 3, 8
# How far the second stage strays from the best learning rate, as a factor.
AROUND = 4.0
# How far the last stage strays from the best trial, as a share of each range.
REFINED = 0.2


@dataclass(frozen=True)
class Interval:
    """A learning rate to begin with, and the range to search around it."""

    learning_rate: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Interval":
        """Return what ``learning_rate.json`` says."""
        return cls(found["learning_rate"], found["low"], found["high"])


def require_learning_rate(space: keras_tuner.HyperParameters) -> None:
    """Raise unless a space has a range of learning rates to search first.

    Raises:
        InputError: It has none, or one value only.
    """
    if not any(kind.name == RATE and isinstance(kind, hp_kinds.Float) for kind in space.space):
        raise InputError(
            f"--staged searches {RATE} first, but the search space has no range of it: leave out "
            "--staged, or do not fix it"
        )


def stage_of(number: int, max_trials: int) -> str:
    """Return the stage that a trial belongs to: "learning rate", "rest" or "refinement"."""
    first = min(max(round(FIRST * max_trials), FEWEST), MOST)
    if number < first:
        return "learning rate"
    return "rest" if number < first + round(SECOND * max_trials) else "refinement"


def stages_text(max_trials: int) -> str:
    """Return which trials belong to which stage, in words."""
    numbers: dict[str, list[int]] = {}
    for number in range(max_trials):
        numbers.setdefault(stage_of(number, max_trials), []).append(number)
    parts = [
        f"trial {n[0]}: {stage}" if len(n) == 1 else f"trials {n[0]} to {n[-1]}: {stage}"
        for stage, n in numbers.items()
    ]
    return "; ".join(parts)


class StagedOracle(Oracle):
    """Narrows the space of a strategy, stage by stage, to what the stages before have found.

    The stage is a function of the number of the trial; its space, of the trials that have ended.
    So a suggestion depends on nothing else, as with any other oracle.

    Args:
        strategy: What suggests values within a stage.
        found: What the range test has proposed.
        arguments: As for `Oracle`; `max_trials` and `hyperparameters` are needed.
    """

    # If the strategy of its stages does.
    learns = True

    def __init__(
        self, strategy: type[Oracle], found: Interval, *arguments: Any, **keywords: Any
    ) -> None:
        super().__init__(*arguments, **keywords)
        self._strategy = strategy
        self._found = found

    def suggest(self, number: int) -> Values | None:
        """Return a point of the stage's space, or of the whole one when that is exhausted."""
        for space in (*self.narrowed(number), self.hyperparameters.space):
            values = self._inner(space).choose(number)
            if values is not None:
                return values
        return None

    def narrowed(self, number: int) -> list[list[Any]]:
        """Return the spaces that a trial is suggested from, given what is known, in this order."""
        stage, best = stage_of(number, self.max_trials), self.get_best_trials(1)
        if stage == "learning rate":
            rate, ends = self._found.learning_rate, (self._found.low, self._found.high)
            spaces = [self._narrowed({RATE: ends}, held=True)]
            return (
                [self._narrowed({RATE: (rate, rate)}, held=True), *spaces]
                if number == 1
                else spaces
            )
        if stage == "refinement" and best:
            return [self._narrowed(self._neighbourhood(best[0].hyperparameters.values))]
        rate = best[0].hyperparameters.values[RATE] if best else self._found.learning_rate
        return [self._narrowed({RATE: (rate / AROUND, rate * AROUND)})]

    def _narrowed(self, ends: dict[str, tuple[Any, Any]], held: bool = False) -> list[Any]:
        """Return the space with other ends of some ranges, the rest held at its defaults or not."""
        return [
            _within(d, *ends[d.name])
            if d.name in ends
            else hp_kinds.Fixed(d.name, d.hp.default, conditions=d.conditions)
            if held
            else d.hp
            for d in self.search_space.dimensions
        ]

    def _neighbourhood(self, values: Values) -> dict[str, tuple[Any, Any]]:
        """Return the ends of the ranges around a point; choices keep all their values."""
        return {
            d.name: (d.value(d.unit(value) - REFINED), d.value(d.unit(value) + REFINED))
            for d, value in self.search_space.complete(values)
            if isinstance(d.hp, hp_kinds.Float | hp_kinds.Int) and d.count != 1
        }

    def _inner(self, space: list[Any]) -> Oracle:
        """Return the strategy on a space, knowing the trials that lie in it."""
        narrowed = keras_tuner.HyperParameters()
        narrowed.merge(space)
        inner = self._strategy(
            objective=self.objective,
            max_trials=self.max_trials,
            seed=self.seed,
            hyperparameters=narrowed,
            max_consecutive_failed_trials=None,
        )
        for trial_id in sorted(self.trials, key=int):
            trial = self.trials[trial_id]
            if inner.search_space.contains(trial.hyperparameters.values):
                score = self.partial_score(trial)
                inner.replay(
                    int(trial_id),
                    trial.hyperparameters.values,
                    trial.status,
                    score if math.isfinite(score) else None,
                )
        inner.expected.update(self.expected)
        for knowledge in self.knowledge:
            inner.add_knowledge(knowledge)
        return inner


def _within(dimension: Dimension, low: Any, high: Any) -> Any:
    """Return a declaration with other ends, moved to the nearest values that it has."""
    kind = dimension.hp
    low, high = (min(max(end, kind.min_value), kind.max_value) for end in (low, high))
    if dimension.count is not None:
        low, high = (dimension.value(dimension.unit(end)) for end in (low, high))
    if low == high:
        return hp_kinds.Fixed(kind.name, low, conditions=kind.conditions)
    config = kind.get_config() | {"min_value": low, "max_value": high}
    return type(kind).from_config(config | {"default": min(max(kind.default, low), high)})
