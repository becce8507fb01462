"""``--start-from``: the results of other searches, read once and kept in the run directory.

What was taken is a copy, so that a resumed search knows what its first part knew, even if the other
search has gone on or was deleted.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InputError
from tuner.oracles.knowledge import Knowledge, KnownTrial, rows_of
from tuner.space.by_name import declarations_of
from tuner.space.cube import SearchSpace
from tuner.storage.files import write_json
from tuner.storage.journal import read_journal
from tuner.storage.run_directory import saved_config
from tuner.trials.ending import Status
from tuner.trials.history import replayed
from tuner.trials.objective import Objective

FILE = "knowledge.json"


@dataclass(frozen=True)
class Source:
    """Another search, and what was taken from it.

    Attributes:
        run: Its run directory, as the command line names it.
        objective: What it optimized.
        space: Its search space, as KerasTuner's configuration.
        trials: All that have ended, with their scores by its objective.
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


def sources_of(
    others: Sequence[str], run: Path, space: SearchSpace, objective: Objective
) -> list[Source]:
    """Return what a search starts from: what its run directory keeps, or else what others hold.

    The others are run directories, as ``--start-from`` names them. That of the search itself need
    not exist yet.

    Raises:
        InputError: One of them is no search, or has nothing that this one can use.
    """
    if not others:
        return []
    kept = run / FILE
    if kept.exists():
        try:
            return [_from_json(one) for one in json.loads(kept.read_text(encoding="utf-8"))]
        except (ValueError, KeyError, TypeError) as error:
            again = f"delete it to read {' and '.join(others)} again"
            raise InputError(f"{kept} is damaged ({error!r}): {again}") from error
    sources = [_read_run(Path(other)) for other in others]
    for source in sources:
        _require_use(source, space, objective)
    return sources


def keep_sources(run: Path, sources: Sequence[Source]) -> None:
    """Write what was taken into the run directory, unless it is there already.

    Raises:
        OSError: It cannot be written.
    """
    if sources and not (run / FILE).exists():
        write_json(run / FILE, [_to_json(source) for source in sources])


def run_path(text: str) -> str:
    """Return the name of a run directory, that of its target for a link such as runs/latest."""
    path = Path(text)
    return str(path.parent / path.resolve().name)


def _read_run(run: Path) -> Source:
    config = saved_config(run) if (run / "config.json").exists() else None
    if config is None or not {"objective", "search_space"} <= set(config):
        raise InputError(
            f"--start-from {run}: expected the run directory of an earlier search, as runs/NAME"
        )
    objective = Objective(**config["objective"])
    history, _ = replayed(read_journal(run / "journal.jsonl"), objective)
    if history.best is None:
        raise InputError(
            f"--start-from {run}: expected completed trials to learn from, received "
            f"{len(history.trials)} trials of which none has completed"
        )
    # The best one first: of those with an equal score it is the one that is tried.
    best = history.best
    ends = sorted(history.ends, key=lambda trial: (trial is not best, trial.number))
    trials = tuple(KnownTrial(end.values, end.status.value, end.score) for end in ends)
    space = {"space": declarations_of(config["search_space"]), "values": {}}
    return Source(str(run), objective, space, trials)


def _require_use(source: Source, space: SearchSpace, objective: Objective) -> None:
    """Raise unless a completed trial has a place in a space that shares a hyperparameter."""
    ours = dict.fromkeys(h.name for h in space.free)
    theirs = dict.fromkeys(kind["config"]["name"] for kind in source.space["space"])
    if not ours.keys() & theirs.keys():
        raise InputError(
            f"--start-from {source.run}: expected a search over some of {', '.join(ours)}; "
            f"received one over {', '.join(theirs)}"
        )
    rows = rows_of([source.knowledge(objective)], space, sign=1)
    if not any(np.isfinite(row.score) and not row.pruned for row in rows):
        raise InputError(
            f"--start-from {source.run}: expected completed trials with choices that this search "
            "has, too; received none"
        )


def _to_json(source: Source) -> dict[str, Any]:
    return {**asdict(source), "trials": [trial._asdict() for trial in source.trials]}


def _from_json(state: dict[str, Any]) -> Source:
    trials = tuple(KnownTrial(**trial) for trial in state["trials"])
    return Source(state["run"], Objective(**state["objective"]), state["space"], trials)
