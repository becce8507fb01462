"""Which hyperparameters a model declares, and for which values of others: found by trying values.

A builder may declare one in a loop or behind an ``if``, where a single build does not show it, nor
what it depends on. What appears and disappears while one other changes its value is conditional.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tuner.space.cube import SearchSpace, Values
from tuner.space.hyperparameters import Condition, Declaration, Hyperparameter, hyperparameter

# One with more values, or a continuous one, is tried at five places of its range; and so is every
# range as long as nothing speaks for its being a parent.
MOST_VALUES = 32
PLACES = np.linspace(0.0, 1.0, 5)

# So many random points in a row with nothing new end the exploration: they show what only several
# values together bring about.
RANDOM_POINTS = 8


class EnoughError(Exception):
    """No further build can be afforded; what is known by then is the answer."""


@dataclass(frozen=True)
class Declared:
    """What one build has declared, in its order.

    Attributes:
        declarations: All of them, as KerasTuner writes them.
        failed: It raised an exception on the way: what would have come later is not known.
    """

    declarations: Sequence[Declaration]
    failed: bool = False


@dataclass(frozen=True, eq=False)
class _Build:
    """A build: its active hyperparameters by their keys, in order, and their values."""

    active: dict[str, Hyperparameter]
    values: Values
    failed: bool

    def differs(self, other: "_Build") -> bool:
        """Tell whether another build has declared something else, as far as is known."""
        mine, its = self.active.keys(), other.active.keys()
        return bool(its - mine or (not other.failed and mine - its))


@dataclass
class Exploration:
    """Tries values until nothing new is declared.

    Args:
        declare: Builds with these values, defaults where there are none.
        change: What is searched in place of a declaration.

    Attributes:
        builds: How many there were.
        complete: Nothing more is to be expected.
    """

    declare: Callable[[Values], Declared]
    change: Callable[[Declaration], Declaration] = lambda declaration: declaration
    builds: int = 0
    complete: bool = False
    _order: list[str] = field(default_factory=list)
    _known: dict[str, Declaration] = field(default_factory=dict)
    _seen: dict[str, _Build] = field(default_factory=dict)
    _conditions: dict[str, list[Condition]] = field(default_factory=dict)
    _parents: set[str] = field(default_factory=set)

    def run(self) -> list[Declaration]:
        """Return all declarations, parents first, each with the conditions that were found.

        A condition is what KerasTuner's `conditional_scope` would have said. Where `declare` raises
        `EnoughError`, what is known by then is returned.
        """
        try:
            build: _Build | None = self._build({})
            while build is not None:
                self._explain(build)
                build = self._most_unexplained() or self._random_find()
            self.complete = True
        except EnoughError:
            pass
        self._forget_untrue()
        return list(self._results())

    def _build(self, values: Values) -> _Build:
        key = _key(values)
        if key not in self._seen:
            declared = self.declare(values)
            self.builds += 1
            active, complete = dict[str, Hyperparameter](), dict[str, Any]()
            for one in map(hyperparameter, map(self.change, declared.declarations)):
                if one.active(complete):
                    complete[one.name] = values.get(one.name, one.default)
                    active[_key(one.declaration)] = one
            self._learn(active)
            self._seen[key] = _Build(active, complete, declared.failed)
        return self._seen[key]

    def _learn(self, active: dict[str, Hyperparameter]) -> None:
        """Give what is new its place: behind what it follows in its build."""
        place = 0
        for key, one in active.items():
            if key not in self._known:
                self._known[key] = one.declaration
                self._order.insert(place, key)
            place = self._order.index(key) + 1

    def _most_unexplained(self) -> _Build | None:
        """Return the build in which most appear of which it is not known when they do."""

        def unexplained(build: _Build) -> int:
            return len(build.active.keys() - self._conditions.keys())

        build = max(self._seen.values(), key=unexplained)
        return build if unexplained(build) else None

    def _random_find(self) -> _Build | None:
        """Return a build at a random point in which something is new; None where nothing is."""
        space, rng = SearchSpace(self._results()), np.random.default_rng(0)
        for _ in range(RANDOM_POINTS):
            build = self._build(space.decode(rng.random(len(space.free))))
            if build.active.keys() - self._conditions.keys():
                return build
        return None

    def _explain(self, build: _Build) -> None:
        """Find the conditions of all that first appeared in a build: what makes them disappear."""
        tried = dict(self._parents_among(build))
        keys = list(build.active)
        for place, key in enumerate(keys):
            if key in self._conditions:
                continue
            found = self._conditions[key] = []
            for parent, builds in tried.items():
                there = [v for v, b in builds if key in b.active or b.failed]
                if parent in keys[:place] and len(there) < len(builds):
                    one = build.active[parent]
                    if one.count is not None and one.count <= MOST_VALUES:
                        found.append(Condition(one.name, there))

    def _parents_among(self, build: _Build) -> Iterator[tuple[str, list[tuple[Any, _Build]]]]:
        """Yield what changes the declarations of a build, with a build for each of its values."""
        free = [(key, one) for key, one in build.active.items() if not one.fixed]
        # Choices before ranges: they more often decide on others.
        free.sort(key=lambda item: item[1].count or MOST_VALUES + 1)
        known = [item for item in free if item[0] in self._parents]
        groups = [[item] for item in reversed(known)]
        groups.insert(0, [item for item in free if item not in known])
        while groups:
            group = groups.pop()
            if len(group) == 1:
                ((key, one),) = group
                builds = [(v, self._build({**build.values, one.name: v})) for v in _levels(one)]
                if any(build.differs(other) for _, other in builds):
                    self._parents.add(key)
                    yield key, builds
            elif any(build.differs(self._build(values)) for values in _together(build, group)):
                half = len(group) // 2
                groups += [group[half:], group[:half]]

    def _forget_untrue(self) -> None:
        """Drop conditions that some build contradicts: too few are harmless, too many are not."""
        for build in self._seen.values():
            for key in build.active:
                found = self._conditions.get(key, [])
                if not all(condition.holds(build.values) for condition in found):
                    self._conditions[key] = []

    def _results(self) -> Iterator[Declaration]:
        seen = set[str]()
        for key in self._order:
            declaration = self._known[key]
            config = declaration["config"]
            told = list(config.get("conditions") or ())
            stated = {one["config"]["name"] for one in told}
            told += [_told(c) for c in self._conditions.get(key, []) if c.name not in stated]
            # Of two with one name and the same conditions, the first has it.
            place = _key({"name": config["name"], "conditions": told})
            if place not in seen:
                seen.add(place)
                yield {**declaration, "config": {**config, "conditions": told}}


def _levels(one: Hyperparameter, most: int = MOST_VALUES) -> list[Any]:
    if one.count is not None and (one.count <= most or not one.numeric):
        return list(one.values())
    return [one.value(place) for place in PLACES.tolist()]


def _together(build: _Build, group: list[tuple[str, Hyperparameter]]) -> Iterator[Values]:
    """Yield values that take each of a group through all its levels, no two at the same pace."""
    levels = {one.name: _levels(one, PLACES.size) for _, one in group}
    for turn in range(max(map(len, levels.values()), default=0)):
        changed = {name: at[(turn + j) % len(at)] for j, (name, at) in enumerate(levels.items())}
        yield {**build.values, **changed}


def _told(condition: Condition) -> dict[str, Any]:
    config = {"name": condition.name, "values": list(condition.values)}
    return {"class_name": "Parent", "config": config}


def _key(content: Any) -> str:
    return json.dumps(content, sort_keys=True, default=str)
