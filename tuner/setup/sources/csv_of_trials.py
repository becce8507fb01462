"""A table of what was tried: a row a trial, a column a hyperparameter, and `score`.

`status` (completed, pruned or failed) may be there; a row without a score has failed. So
``trials.csv`` of a run directory is such a table.
"""

import csv
import math
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.oracles.knowledge import KnownTrial
from tuner.setup.sources.source import Source
from tuner.space.cube import SearchSpace
from tuner.trials.objective import Objective

# What ``trials.csv`` says of a trial besides.
ABOUT_TRIALS = {"trial", "status", "score", "score_std", "best_epoch", "epochs", "seconds"}
STATUS = ("completed", "pruned", "failed")


def read_trials(path: Path, space: SearchSpace, objective: Objective) -> Source:
    """Read a table, of which a search has the hyperparameters and the objective.

    Raises:
        InputError: It cannot be read, has no column `score`, or something else in a cell of it
            than a number; or no row has completed.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"--start-from {path}: cannot be read ({error})") from error
    if not rows or "score" not in rows[0]:
        raise InputError(
            f"--start-from {path}: expected a column score and one for each hyperparameter, "
            f"received {', '.join(rows[0]) if rows else 'no rows'}"
        )
    ended = [(line, row) for line, row in enumerate(rows, 2) if row.get("status") != "running"]
    trials = tuple(_known(f"{path}, line {line}", row, space) for line, row in ended)
    if not any(trial.status == "completed" for trial in trials):
        raise InputError(f"--start-from {path}: expected a row that has completed, received none")
    names = set(rows[0])
    declared = [one for one in space.declarations if one["config"]["name"] in names]
    return Source(str(path), objective, {"space": declared, "values": {}}, trials)


def _known(place: str, row: dict[str, Any], space: SearchSpace) -> KnownTrial:
    values = {
        name: _value(space, name, cell.strip())
        for name, cell in row.items()
        if name is not None and name not in ABOUT_TRIALS and cell and cell.strip()
    }
    status, text = (row.get("status") or "completed").strip(), (row["score"] or "").strip()
    if status not in STATUS:
        raise InputError(
            f"--start-from {place}: expected a status out of {', '.join(STATUS)}, received {status}"
        )
    try:
        score = float(text or "nan")
    except ValueError:
        raise InputError(f"--start-from {place}: expected a score, received {text!r}") from None
    if status == "failed" or not math.isfinite(score):
        return KnownTrial(values, "failed", None)
    return KnownTrial(values, status, score)


def _value(space: SearchSpace, name: str, cell: str) -> Any:
    """Return what a cell stands for: a choice or a number where the search has such, or text."""
    named = [h for h in space.hyperparameters if h.name == name]
    choices = [choice for h in named for choice in h.choices]
    number = _number(cell)
    for choice in choices:
        # True is 1 for Python, but not in a table.
        numeric = isinstance(choice, int | float) and not isinstance(choice, bool)
        if cell.lower() == str(choice).lower() or (numeric and number == choice):
            return choice
    if number is None or not any(h.numeric for h in named):
        return cell
    whole = any(h.whole for h in named) and number.is_integer()
    return int(number) if whole else number


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
