"""Commands to paste: a search as somebody would type it."""

import shlex
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuner.command_line.declaration import flag
from tuner.command_line.options import DEFAULTS, SearchOptions
from tuner.command_line.settings import Fix, Range, Role


def new_search(options: SearchOptions, *flags: str) -> str:
    """Return the command of a new search with the same options, but for its name, and more.

    What nobody gave is left out: data and model lead to it again.
    """
    words, defaults = ["python", "tune.py"], DEFAULTS.as_dict()
    for name, value in options.as_dict().items():
        if value == defaults[name] or name == "run" or name in options.found:
            continue
        if isinstance(value, bool):
            words.append(flag(name if value else f"no_{name}"))
        elif isinstance(value, list):
            words += [word for text in value for word in (flag(name), text)]
        else:
            words += [flag(name), f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join([*words, *flags])


def fixing(options: SearchOptions, settings: dict[str, object]) -> SearchOptions:
    """Return options that fix hyperparameters, whatever they said of them before."""
    silent = _silent_on(options, settings)
    fixes = (Fix(name, str(value)) for name, value in settings.items())
    return replace(silent, fix=(*silent.fix, *fixes))


def holding(options: SearchOptions, names: Collection[str]) -> SearchOptions:
    """Return options that hold hyperparameters at their defaults, whatever they said of them
    before; where several have one name, each at its own."""
    silent = _silent_on(options, names)
    return replace(silent, role=(*silent.role, *(Role(name, "fixed") for name in names)))


def ranging(options: SearchOptions, name: str, low: float, high: float) -> SearchOptions:
    """Return options that search a range of a hyperparameter, whatever they said of it before."""
    silent = _silent_on(options, {name})
    return replace(silent, range=(*silent.range, Range(name, f"{low:g}", f"{high:g}")))


def _silent_on(options: SearchOptions, names: Collection[str]) -> SearchOptions:
    others: dict[str, Any] = {
        kind: tuple(said for said in getattr(options, kind) if said.name not in names)
        for kind in ("fix", "range", "role")
    }
    return replace(options, **others)


def tune_command(run: Path) -> str:
    """Return the command that goes on with a run."""
    return f"python tune.py {_place(run)}"


def train_command(run: Path) -> str:
    """Return the command that trains a run's best configuration."""
    return f"python train.py {_place(run)}"


def predict_command(run: Path) -> str:
    """Return the command that predicts new examples with the model that a run has trained."""
    return f"python predict.py NEW {_place(run)}"


def report_command(run: Path) -> str:
    """Return the command that makes a run's report again."""
    return f"python tune.py --report {shlex.quote(str(run))}"


def _place(run: Path) -> str:
    options = ["--run", run.name]
    if run.parent != Path("runs"):
        options += ["--runs-dir", str(run.parent)]
    return shlex.join(options)
