"""A project folder of KerasTuner, as 1.4 writes it: ``oracle.json``, ``trial_*/trial.json``."""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.oracles.knowledge import KnownTrial
from tuner.setup.sources.source import Source
from tuner.space.cube import SearchSpace
from tuner.space.hyperparameters import Declaration
from tuner.trials.objective import Objective

# What KerasTuner's words for an end are here. Others mean that a trial has not ended.
STATUS = {"COMPLETED": "completed", "PRUNED": "pruned", "FAILED": "failed", "INVALID": "failed"}


def trial_files(project: Path) -> list[Path]:
    """Return the files of a project's trials in order; none for another folder."""
    return sorted(project.glob("trial_*/trial.json"))


def read_project(project: Path, wanted: Objective) -> Source:
    """Read the trials of a project. The files of its trials tell all that is needed.

    A trial of Hyperband that trained for fewer epochs than others counts as pruned.

    Args:
        project: The folder.
        wanted: The objective of this search, which the project is likely to have had.

    Raises:
        InputError: None of its trials has completed, or it is not clear by which metric.
    """
    trials = list(_readable(project))
    completed = [trial for trial in trials if trial["status"] == "COMPLETED" and _scored(trial)]
    if not completed:
        raise InputError(
            f"--start-from {project}: expected completed trials to learn from, received "
            f"{len(trials)} trials of which none has completed"
        )
    objective = _objective(project, completed, wanted)
    declared: list[Declaration] = []
    for trial in trials:
        known = [json.dumps(one) for one in declared]
        space = trial["hyperparameters"]["space"]
        declared += [one for one in space if json.dumps(one) not in known]
    longest = max(map(_epochs, completed))
    space = SearchSpace(declared)
    ended = [trial for trial in trials if trial["status"] in STATUS]
    told = (_known(trial, space, objective, longest) for trial in ended)
    return Source(str(project), objective, {"space": declared, "values": {}}, tuple(told))


def _readable(project: Path) -> Iterator[dict[str, Any]]:
    """Yield what the files of trials hold; say of one that is damaged that it is."""
    for path in trial_files(project):
        try:
            trial = json.loads(path.read_text("utf-8"))
            yield {key: trial[key] for key in ("hyperparameters", "metrics", "status", "score")}
        except (ValueError, KeyError, TypeError):  # KerasTuner writes in place: a crash tears.
            print(f"warning: {path} is damaged and is left out", file=sys.stderr)


def _scored(trial: dict[str, Any]) -> bool:
    return trial["score"] is not None and math.isfinite(trial["score"])


def _epochs(trial: dict[str, Any]) -> int:
    return int(trial["hyperparameters"]["values"].get("tuner/epochs", 0))


def _objective(project: Path, completed: list[dict[str, Any]], wanted: Objective) -> Objective:
    """Return the metric whose best values are the scores: KerasTuner does not write its name."""
    metrics = completed[0]["metrics"]["metrics"]
    fitting = [
        Objective(name, metric["direction"])
        for name, metric in metrics.items()
        if metric["direction"] in ("min", "max")
        and all(
            _best(one, Objective(name, metric["direction"])) == one["score"] for one in completed
        )
    ]
    named = [one for one in fitting if one.name == wanted.name] or fitting
    if not named:
        raise InputError(
            f"--start-from {project}: expected a metric whose best values are the scores of the "
            f"trials; received {', '.join(metrics) or 'no metric'}"
        )
    return named[0]


def _best(trial: dict[str, Any], objective: Objective) -> float | None:
    """Return the best finite value of a metric, over its steps, each a mean over executions."""
    told = trial["metrics"]["metrics"].get(objective.name, {"observations": []})
    means = [sum(one["value"]) / len(one["value"]) for one in told["observations"]]
    return min(filter(math.isfinite, means), key=objective.sort_key, default=None)


def _known(
    trial: dict[str, Any], space: SearchSpace, objective: Objective, longest: int
) -> KnownTrial:
    values = trial["hyperparameters"]["values"]
    active = {name: values[name] for name in space.declared(values)}
    status, score = STATUS[trial["status"]], _best(trial, objective)
    if status == "completed" and _epochs(trial) < longest:
        status = "pruned"
    if status == "failed" or score is None:
        return KnownTrial(active, "failed", None)
    return KnownTrial(active, status, score)
