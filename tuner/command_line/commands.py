"""Commands to paste: a search as somebody would type it."""

import shlex
from dataclasses import fields, replace
from pathlib import Path

from tuner.command_line.options import DEFAULTS, SearchOptions


def new_search(options: SearchOptions, *flags: str) -> str:
    """Return the command of a new search with the same options, but for its name.

    Args:
        options: As for the search.
        flags: Further options, such as ``--staged``.
    """
    words = ["python", "tune.py"]
    for field in fields(options):
        value = getattr(options, field.name)
        if value == getattr(DEFAULTS, field.name) or field.name == "run":
            continue
        option = f"--{field.name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option[2:]}")
        elif isinstance(value, tuple):
            words += [word for setting in value for word in (option, setting)]
        else:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join([*words, *flags])


def fixing(options: SearchOptions, settings: dict[str, object]) -> SearchOptions:
    """Return options that fix hyperparameters, whatever they said of them before."""
    return replace(
        _silent_on(options, set(settings)),
        fix=(*_others(options.fix, set(settings)), *(f"{n}={v}" for n, v in settings.items())),
    )


def ranging(options: SearchOptions, name: str, low: float, high: float) -> SearchOptions:
    """Return options that search a range of a hyperparameter, whatever they said of it before."""
    return replace(
        _silent_on(options, {name}),
        range=(*_others(options.range, {name}), f"{name}={low:g}:{high:g}"),
    )


def _silent_on(options: SearchOptions, names: set[str]) -> SearchOptions:
    return replace(
        options,
        fix=_others(options.fix, names),
        range=_others(options.range, names),
        role=_others(options.role, names),
    )


def _others(settings: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    return tuple(setting for setting in settings if setting.partition("=")[0] not in names)


def tune_command(run: Path) -> str:
    """Return the command that goes on with a run."""
    return f"python tune.py {_place(run)}"


def train_command(run: Path) -> str:
    """Return the command that trains a run's best configuration."""
    return f"python train.py {_place(run)}"


def report_command(run: Path) -> str:
    """Return the command that makes a run's report again."""
    return f"python tune.py --report {shlex.quote(str(run))}"


def _place(run: Path) -> str:
    options = ["--run", run.name]
    if run.parent != Path("runs"):
        options += ["--runs-dir", str(run.parent)]
    return shlex.join(options)
