"""What other searches have found, as the model of this one can use it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tuner.oracles.observations import Row, selection
from tuner.space.cube import SearchSpace, Values
from tuner.space.hyperparameters import Hyperparameter, hyperparameter

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
        inside = [row for row, _ in _placed(source, number, space, sign)]
        scores = np.array([row.score for row in inside])
        rows += [inside[i] for i in selection(scores, KNOWN_LIMIT // len(sources))]
    return rows


def _placed(
    source: Knowledge, number: int, space: SearchSpace, sign: int
) -> Iterator[tuple[Row, KnownTrial]]:
    fixed = [h for h in space.hyperparameters if h.fixed]
    declared = map(hyperparameter, space.declarations)
    parents = {condition.name for h in declared for condition in h.conditions}
    for trial in source.trials:
        units, theirs = space.encode(trial.values), source.space.declared(trial.values)
        active = dict(space.complete(trial.values))
        told = [(h, trial.values.get(h.name, h.at(0)) if h in active else h.at(0)) for h in fixed]
        closed = any(value != h.at(0) for h, value in told if h.name in parents)
        if closed or not np.isfinite(units).all():
            continue
        score = np.nan if trial.score is None else sign * trial.score
        displacement = tuple(_displacement(h, value, theirs.get(h.name)) for h, value in told)
        yield Row(units, score, trial.status == "pruned", number, displacement), trial


def _displacement(fixed: Hyperparameter, value: Any, there: Hyperparameter | None) -> float:
    """Return how far a value lies from what is fixed here, on the scale that it had there."""
    if there is None or value == fixed.at(0):
        return 0.0
    distance = there.unit(value) - there.unit(fixed.at(0))
    return distance if there.ordered and np.isfinite(distance) else 1.0


def best_points(sources: Sequence[Knowledge], space: SearchSpace, sign: int) -> list[Values]:
    """Return the best completed trial of each other search, moved into a space's ranges.

    Args:
        sources: The other searches.
        space: The space of this search.
        sign: What to multiply a score by so that smaller is better.
    """
    points = []
    for number, source in enumerate(sources, 1):
        placed = [
            (row, trial.values)
            for row, trial in _placed(source, number, space, sign)
            if trial.status == "completed"
        ]
        if placed:
            row, values = min(placed, key=lambda pair: pair[0].score)
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
