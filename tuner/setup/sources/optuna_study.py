"""A study of Optuna, in a storage of its own: ``optuna:URL#STUDY``."""

import math
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.command_line.choices import TRACKERS, require_packages
from tuner.oracles.knowledge import KnownTrial
from tuner.setup.sources.source import Source
from tuner.space.hyperparameters import Declaration
from tuner.trials.objective import Objective

PREFIX = "optuna:"
STATUS = {"COMPLETE": "completed", "PRUNED": "pruned", "FAIL": "failed"}


def read_study(place: str) -> Source:
    """Read the trials of a study.

    Args:
        place: ``optuna:URL#STUDY``; without ``#STUDY`` the storage must have one study only.

    Raises:
        InputError: Optuna is not installed, there is no such study, it has several objectives, or
            none of its trials has completed.
    """
    require_packages(f"--start-from {place}", "optuna", TRACKERS["optuna"])
    study = _opened(place)
    if len(study.directions) != 1:
        raise InputError(
            f"--start-from {place}: expected a study with one objective, received "
            f"{len(study.directions)}"
        )
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in STATUS]
    told = tuple(map(_known, trials))
    if not any(trial.status == "completed" for trial in told):
        raise InputError(
            f"--start-from {place}: expected completed trials to learn from, received "
            f"{len(trials)} trials of which none has completed"
        )
    name = (study.metric_names or ["value"])[0]
    objective = Objective(name, "max" if study.direction.name == "MAXIMIZE" else "min")
    space = {"space": _declared(trials), "values": {}}
    return Source(place, objective, space, told)


def _opened(place: str) -> Any:
    import optuna

    url, _, name = place.removeprefix(PREFIX).partition("#")
    file = url.removeprefix("sqlite:///").partition("?")[0]
    if url.startswith("sqlite:///") and not Path(file).exists():  # It would be made.
        raise InputError(f"--start-from {place}: there is no file {file}")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        storage = optuna.storages.RDBStorage(url, skip_table_creation=True)
        names = optuna.get_all_study_names(storage)
    except Exception as error:  # Each kind of storage has its own.
        raise InputError(
            f"--start-from {place}: expected an Optuna storage and a study, as "
            f"optuna:sqlite:///study.db#NAME ({type(error).__name__}: {error})"
        ) from error
    if not name and len(names) == 1:
        [name] = names
    if name not in names:
        there = ", ".join(names) or "none"
        raise InputError(f"--start-from {place}: expected one of its studies, after a #: {there}")
    return optuna.load_study(study_name=name, storage=storage)


def _known(trial: Any) -> KnownTrial:
    """Return a trial; a pruned one has its last value, as Optuna has it."""
    values = {name: value for name, value in trial.params.items() if value is not None}
    status, score = STATUS[trial.state.name], trial.value
    if status == "pruned" and score is None and trial.intermediate_values:
        score = trial.intermediate_values[max(trial.intermediate_values)]
    if status == "failed" or score is None or not math.isfinite(score):
        return KnownTrial(values, "failed", None)
    return KnownTrial(values, status, float(score))


def _declared(trials: list[Any]) -> list[Declaration]:
    """Return what the trials were drawn from: of a name that has several ranges, all of them."""
    found: dict[str, Declaration] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            new, old = _declaration(name, distribution), found.get(name)
            if old is not None and old["class_name"] == new["class_name"]:
                new = {**new, "config": _together(old["config"], new["config"])}
            found[name] = new
    return list(found.values())


def _declaration(name: str, distribution: Any) -> Declaration:
    kind = type(distribution).__name__.removesuffix("Distribution")
    if kind == "Categorical":
        choices = [choice for choice in distribution.choices if choice is not None]
        return {"class_name": "Choice", "config": {"name": name, "values": choices}}
    config = {
        "name": name,
        "min_value": distribution.low,
        "max_value": distribution.high,
        "step": None if distribution.log else distribution.step,
        "sampling": "log" if distribution.log else "linear",
    }
    return {"class_name": kind, "config": config}


def _together(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    if "values" in new:
        return {**new, "values": list(dict.fromkeys([*old["values"], *new["values"]]))}
    low = min(old["min_value"], new["min_value"])
    return {**new, "min_value": low, "max_value": max(old["max_value"], new["max_value"])}
