"""The search space of a run: what the model declares, with what the command line changes."""

import difflib
from collections.abc import Collection, Sequence
from typing import Any

from data.errors import InputError
from tuner.command_line.settings import Fix, Range
from tuner.space.hyperparameters import Declaration, Hyperparameter, hyperparameter


def adjusted_space(
    space: Sequence[Declaration],
    fixes: Sequence[Fix],
    ranges: Sequence[Range],
    held: Collection[str] = (),
) -> list[Declaration]:
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
    adjusted = []
    for kind in map(hyperparameter, space):
        change = changes.get(kind.name)
        if change is not None:
            adjusted.append(
                _fixed(kind, change) if isinstance(change, Fix) else _ranged(kind, change)
            )
        else:
            adjusted.append(constant(kind, kind.default) if kind.name in held else kind.declaration)
    return adjusted


def require_name(space: Sequence[Declaration], name: str, option: str) -> None:
    """Raise unless a space has a hyperparameter of that name.

    Raises:
        InputError: Naming the option, the names there are, and the nearest one.
    """
    names = sorted({kind["config"]["name"] for kind in space})
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(
            f"{option} names an unknown hyperparameter {name!r}: expected one of "
            f"{', '.join(names)}{hint}"
        )


def _fixed(kind: Hyperparameter, fix: Fix) -> Declaration:
    value = _parse(kind, fix.value, f"--fix {fix}")
    if kind.declaration["class_name"] == "Choice" and value not in kind.choices:
        choices = ", ".join(map(str, kind.choices))
        raise InputError(f"--fix {fix}: expected one of {choices}")
    return constant(kind, value)


def constant(kind: Hyperparameter, value: Any) -> Declaration:
    """Return the declaration of a hyperparameter that has one value."""
    conditions = kind.declaration["config"].get("conditions", [])
    config = {"name": kind.name, "conditions": conditions, "value": value}
    return {"class_name": "Fixed", "config": config}


def changed(kind: Hyperparameter, **config: Any) -> Declaration:
    """Return the declaration of a hyperparameter with something of its configuration replaced."""
    declaration = kind.declaration
    return {**declaration, "config": {**declaration["config"], **config}}


def _ranged(kind: Hyperparameter, wanted: Range) -> Declaration:
    option = f"--range {wanted}"
    low, high = (_parse(kind, text, option) for text in (wanted.low, wanted.high))
    if not low < high:
        raise InputError(
            f"{option}: expected low below high; to keep one value use --fix {kind.name}={low}"
        )
    if kind.declaration["class_name"] == "Choice":
        return _ranged_choice(kind, low, high, option)
    if kind.declaration["class_name"] not in ("Int", "Float"):
        raise InputError(f"{option}: {kind.name} has no range; use --fix")
    if "log" in (kind.declaration["config"].get("sampling") or "") and low <= 0:
        raise InputError(
            f"{option}: expected a low end above 0, since the range is searched "
            f"by its orders of magnitude; received {low}"
        )
    default = min(max(kind.default, low), high)
    return changed(kind, min_value=low, max_value=high, default=default)


def _ranged_choice(kind: Hyperparameter, low: Any, high: Any, option: str) -> Declaration:
    inside = [value for value in kind.choices if low <= value <= high]
    if not kind.declaration["config"].get("ordered") or not inside:
        choices = ", ".join(map(str, kind.choices))
        raise InputError(f"{option}: holds none of the choices {choices}")
    default = kind.default if kind.default in inside else inside[0]
    return changed(kind, values=inside, default=default)


def _parse(kind: Hyperparameter, text: str, option: str) -> Any:
    # A Float may have whole numbers as its default and its ends.
    number = float if kind.declaration["class_name"] == "Float" else type(kind.default)
    try:
        if number is bool:
            return {"true": True, "false": False}[text.lower()]
        return number(text)
    except (KeyError, ValueError):
        raise InputError(f"{option}: expected a {number.__name__}, received {text!r}") from None
