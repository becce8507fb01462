"""What other searches have found, as the model of this one can use it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tuner.oracles.observations import Row, selection
from tuner.space.cube import SearchSpace, Values
from tuner.space.hyperparameters import Hyperparameter

# So many trials of all other searches together: the better half, and an even selection of the rest.
# More would make each suggestion slower, and tell little that is new.
KNOWN_LIMIT = 100


class KnownTrial(NamedTuple):
    """A trial of another search.

    Attributes:
        values: Its hyperparameters.
        status: "completed", "pruned" or "failed".
        score: Its objective; of a pruned trial the best that it had reached, None if it failed.
    """

    values: Values
    status: str
    score: float | None


@dataclass(frozen=True)
class Knowledge:
    """The trials of one other search, on other data or in other ranges.

    Attributes:
        trials: What it found. Scores have the direction of the search that learns, on any scale.
        space: The search space that they come from.
    """

    trials: tuple[KnownTrial, ...]
    space: SearchSpace

    @cached_property
    def _hyperparameters(self) -> dict[str, Hyperparameter]:
        return {h.name: h for h in self.space.hyperparameters}

    def displacement(self, fixed: Hyperparameter, values: Values) -> float:
        """Return how far a trial lies from what is fixed here, on the scale that it had there."""
        here = fixed.at(0)
        value = values.get(fixed.name, here)
        there = self._hyperparameters.get(fixed.name)
        if value == here or there is None:
            return 0.0
        distance = there.unit(value) - there.unit(here)
        return distance if there.ordered and np.isfinite(distance) else 1.0

    def get_state(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"trials": self.trials, "space": {"space": self.space.declarations}}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Knowledge":
        """Return what `get_state` has given."""
        trials = tuple(KnownTrial(*trial) for trial in state["trials"])
        return cls(trials, SearchSpace(state["space"]["space"]))


def rows_of(sources: Sequence[Knowledge], space: SearchSpace, sign: int) -> list[Row]:
    """Return the trials of other searches that have a place in a space, at most `KNOWN_LIMIT`.

    A number outside its range lies outside the cube. What a trial lacks counts as its default, and
    what the space lacks is left out. A trial has no place where it has a choice that the space has
    not, or lies in a branch that is closed here for good.

    Args:
        sources: The other searches, which the rows number from 1 on.
        space: The space of this search.
        sign: What to multiply a score by so that smaller is better.
    """
    rows: list[Row] = []
    for number, source in enumerate(sources, 1):
        placed = [_row(trial, source, number, space, sign) for trial in source.trials]
        inside = [row for row in placed if row is not None]
        scores = np.array([row.score for row in inside])
        rows += [inside[i] for i in selection(scores, KNOWN_LIMIT // len(sources))]
    return rows


def _row(
    trial: KnownTrial, source: Knowledge, number: int, space: SearchSpace, sign: int
) -> Row | None:
    units = space.encode(trial.values)
    fixed = [h for h in space.hyperparameters if h.fixed]
    parents = {condition.name for h in space.hyperparameters for condition in h.conditions}
    elsewhere = [h.name for h in fixed if trial.values.get(h.name, h.at(0)) != h.at(0)]
    if not np.isfinite(units).all() or parents.intersection(elsewhere):
        return None
    score = np.nan if trial.score is None else sign * trial.score
    displacement = tuple(source.displacement(h, trial.values) for h in fixed)
    return Row(units, score, trial.status == "pruned", number, displacement)


def best_points(sources: Sequence[Knowledge], space: SearchSpace, sign: int) -> list[Values]:
    """Return the best completed trial of each other search, moved into a space's ranges.

    Args:
        sources: The other searches.
        space: The space of this search.
        sign: What to multiply a score by so that smaller is better.
    """
    points = []
    for number, source in enumerate(sources, 1):
        completed = [t for t in source.trials if t.status == "completed"]
        placed = [(_row(t, source, number, space, sign), t.values) for t in completed]
        inside = [(row, values) for row, values in placed if row is not None]
        if inside:
            row, values = min(inside, key=lambda pair: pair[0].score)
            points.append(_moved(row, values, space))
    return points


def _moved(row: Row, values: Values, space: SearchSpace) -> Values:
    """Return a row's nearest point in the space, with its own values where rounding alone differs.

    What was tried before must be recognized to the last bit.
    """
    moved = space.decode(np.clip(row.units, 0.0, 1.0))
    for name, value in moved.items():
        own = values.get(name)
        if isinstance(value, float) and isinstance(own, float) and math.isclose(value, own):
            moved[name] = own
    return moved
