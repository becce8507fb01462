"""The search space of a run: what the model declares, with what the command line changes."""

import difflib
from collections.abc import Callable, Collection, Sequence
from typing import Any

import keras
from keras_tuner import HyperParameters
from keras_tuner.engine import hyperparameters as hp_kinds

from data.errors import InputError
from tuner.command_line.settings import Fix, Range

# Of `HyperParameters`; in a cross-validation also of a keyword `dataset`, for that of a fold.
ModelBuilder = Callable[..., keras.Model]


def declared_space(build: ModelBuilder) -> HyperParameters:
    """Return every hyperparameter that a model builder declares, those in inactive scopes too.

    A scope that the default values leave closed is opened by building once more with it active.
    """
    space = HyperParameters()
    pending: list[list[Any]] = []
    visited: list[list[Any]] = []
    while True:
        trial = space.copy()
        trial.active_scopes, trial.inactive_scopes = [], []
        if pending:
            _activate(trial, pending.pop())
        build(trial)
        for scope in trial.active_scopes:
            visited.append(scope)
        for scope in trial.inactive_scopes:
            if scope not in visited and scope not in pending:
                pending.append(scope)
        pending = [scope for scope in pending if scope not in visited]
        space.merge(trial.space)
        if not pending:
            return space


def _activate(hp: HyperParameters, scope: list[Any]) -> None:
    visited_names = {condition.name for condition in scope}
    for condition in scope:
        hp.values[condition.name] = condition.values[0]
    for kind in hp.space:
        if kind.name not in visited_names and hp.is_active(kind):
            hp.values.setdefault(kind.name, kind.default)


def adjusted_space(
    space: HyperParameters,
    fixes: Sequence[Fix],
    ranges: Sequence[Range],
    held: Collection[str] = (),
) -> HyperParameters:
    """Return a space with hyperparameters fixed or searched in other ranges.

    Args:
        space: What to change; it stays as it is.
        fixes: Values to fix.
        ranges: Ranges to search instead.
        held: Names of those that stay at their defaults, unless a value is given.

    Raises:
        InputError: A name is not in the space, a value is not of its kind, or a range is empty.
    """
    changes: dict[str, Fix | Range] = {}
    settings: list[Fix | Range] = [*fixes, *ranges]
    for setting in settings:
        name = setting.name
        require_name(space, name, "--fix" if isinstance(setting, Fix) else "--range")
        if name in changes:
            raise InputError(f"{name} is named twice by --fix and --range: name it once")
        changes[name] = setting
    adjusted = HyperParameters()
    for kind in space.space:
        change = changes.get(kind.name)
        if change is not None:
            adjusted.merge(
                [_fixed(kind, change) if isinstance(change, Fix) else _ranged(kind, change)]
            )
        elif kind.name in held:
            adjusted.merge([_constant(kind, kind.default)])
        else:
            adjusted.merge([kind])
    return adjusted


def require_name(space: HyperParameters, name: str, option: str) -> None:
    """Raise unless a space has a hyperparameter of that name.

    Raises:
        InputError: Naming the option, the names there are, and the nearest one.
    """
    names = sorted({kind.name for kind in space.space})
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(
            f"{option} names an unknown hyperparameter {name!r}: expected one of "
            f"{', '.join(names)}{hint}"
        )


def _fixed(kind: Any, fix: Fix) -> Any:
    value = _parse(kind, fix.value, f"--fix {fix}")
    if isinstance(kind, hp_kinds.Choice) and value not in kind.values:
        choices = ", ".join(str(v) for v in kind.values)
        raise InputError(f"--fix {fix}: expected one of {choices}")
    return _constant(kind, value)


def _constant(kind: Any, value: Any) -> Any:
    return hp_kinds.Fixed(name=kind.name, value=value, conditions=kind.conditions)


def _ranged(kind: Any, wanted: Range) -> Any:
    option = f"--range {wanted}"
    low, high = (_parse(kind, text, option) for text in (wanted.low, wanted.high))
    if not low < high:
        raise InputError(
            f"{option}: expected low below high; to keep one value use --fix {kind.name}={low}"
        )
    if isinstance(kind, hp_kinds.Choice):
        return _ranged_choice(kind, low, high, option)
    if not isinstance(kind, hp_kinds.Int | hp_kinds.Float):
        raise InputError(f"{option}: {kind.name} has no range; use --fix")
    config = kind.get_config()
    config["min_value"], config["max_value"] = low, high
    config["default"] = min(max(kind.default, low), high)
    try:
        return type(kind).from_config(config)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from error


def _ranged_choice(kind: Any, low: Any, high: Any, option: str) -> Any:
    inside = [value for value in kind.values if low <= value <= high]
    if not kind.ordered or not inside:
        choices = ", ".join(str(v) for v in kind.values)
        raise InputError(f"{option}: holds none of the choices {choices}")
    default = kind.default if kind.default in inside else inside[0]
    return hp_kinds.Choice(
        name=kind.name,
        values=inside,
        ordered=True,
        default=default,
        conditions=kind.conditions,
    )


def _parse(kind: Any, text: str, option: str) -> Any:
    sample = kind.default
    try:
        if isinstance(sample, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(sample)(text)
    except (KeyError, ValueError):
        raise InputError(
            f"{option}: expected a {type(sample).__name__}, received {text!r}"
        ) from None
