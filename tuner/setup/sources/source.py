"""Other results, wherever they come from: the form that all kinds of them are read into."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tuner.oracles.knowledge import Knowledge, KnownTrial
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Status
from tuner.trials.objective import Objective


@dataclass(frozen=True)
class Source:
    """Another search, and what was taken from it.

    Attributes:
        run: Where it is, as the command line names it.
        objective: What it optimized.
        space: Its search space, as KerasTuner's configuration.
        trials: All that have ended, with their scores by its objective; the best first, or of those
            with an equal score the one that it calls the best.
    """

    run: str
    objective: Objective
    space: dict[str, Any]
    trials: tuple[KnownTrial, ...]

    def knowledge(self, objective: Objective) -> Knowledge:
        """Return what a strategy learns from: scores turned to the direction of its search."""
        sign = self.objective.sign * objective.sign
        scores = [None if t.score is None else sign * t.score for t in self.trials]
        trials = [t._replace(score=s) for t, s in zip(self.trials, scores, strict=True)]
        return Knowledge(tuple(trials), SearchSpace(self.space["space"]))

    def summary(self) -> str:
        """Return in one line what was taken."""
        counts = Counter(trial.status for trial in self.trials)
        told = ", ".join(f"{counts[s.value]} {s.value}" for s in Status if counts[s.value])
        scores = [t.score for t in self.trials if t.status == "completed" and t.score is not None]
        best = min(scores, key=self.objective.sort_key)
        return f"{self.run}: {told} trials, best {self.objective.name} {best:.4f}"

    @property
    def names(self) -> list[str]:
        """The names of its hyperparameters."""
        declared = [kind["config"]["name"] for kind in self.space["space"]]
        return list(dict.fromkeys([*declared, *(n for t in self.trials for n in t.values)]))

    def differences(self, space: SearchSpace) -> str:
        """Return in one line what does not match a search space; empty if all does."""
        return "; ".join(self._differences(space))

    def _differences(self, space: SearchSpace) -> Iterator[str]:
        ours = {h.name for h in space.hyperparameters}
        if unknown := [name for name in self.names if name not in ours]:
            yield f"left out, since not of this search: {', '.join(unknown)}"
        known = set(self.names)
        if missing := dict.fromkeys(h.name for h in space.free if h.name not in known):
            yield f"taken for the default, since not there: {', '.join(missing)}"
        outside: Counter[str] = Counter()
        other: Counter[str] = Counter()
        for trial in self.trials:
            for h, value in space.complete(trial.values):
                if h in space.free and not 0.0 <= h.unit(value) <= 1.0:
                    (outside if h.numeric else other)[h.name] += 1
        for name, count in outside.items():
            yield f"{name} out of range in {count} trials"
        for name, count in other.items():
            yield f"{count} trials left out, whose {name} is no choice here"

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**asdict(self), "trials": [trial._asdict() for trial in self.trials]}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> "Source":
        """Return what `to_json` has given."""
        trials = tuple(KnownTrial(**trial) for trial in state["trials"])
        return cls(state["run"], Objective(**state["objective"]), state["space"], trials)
