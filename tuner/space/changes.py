"""The search space of a run: what the model declares, with what the command line changes."""

import difflib
from collections.abc import Collection, Sequence
from typing import Any

from data.errors import InputError
from tuner.command_line.settings import Fix, Range
from tuner.space.hyperparameters import Declaration, Hyperparameter, hyperparameter


class Changes:
    """What ``--fix`` and ``--range`` make of declarations, by name.

    Raises:
        InputError: A name has two changes.
    """

    def __init__(self, fixes: Sequence[Fix] = (), ranges: Sequence[Range] = ()) -> None:
        self._changes: dict[str, Fix | Range] = {}
        settings: list[Fix | Range] = [*fixes, *ranges]
        for setting in settings:
            if setting.name in self._changes:
                raise InputError(
                    f"{setting.name} is named twice by --fix and --range: name it once"
                )
            self._changes[setting.name] = setting

    def __call__(self, declaration: Declaration) -> Declaration:
        """Return what takes the place of a declaration: itself where nothing is said of it.

        Raises:
            InputError: A value is not of its kind, or a range is empty.
        """
        change = self._changes.get(declaration["config"]["name"])
        if change is None:
            return declaration
        kind = hyperparameter(declaration)
        return _fixed(kind, change) if isinstance(change, Fix) else _ranged(kind, change)

    def require_names(self, space: Sequence[Declaration]) -> None:
        """Raise unless a space has all that is to be changed.

        Raises:
            InputError: Naming the option and the names there are.
        """
        for name, change in self._changes.items():
            require_name(space, name, "--fix" if isinstance(change, Fix) else "--range")


def adjusted_space(
    space: Sequence[Declaration],
    fixes: Sequence[Fix],
    ranges: Sequence[Range],
    held: Collection[str] = (),
) -> list[Declaration]:
    """Return a space with hyperparameters fixed, searched in other ranges, or held at defaults.

    Raises:
        InputError: A name is not in the space, a value is not of its kind, or a range is empty.
    """
    changes = Changes(fixes, ranges)
    changes.require_names(space)
    return held_at_defaults([changes(declaration) for declaration in space], held)


def held_at_defaults(space: Sequence[Declaration], held: Collection[str]) -> list[Declaration]:
    """Return a space in which those with these names have one value."""
    kinds = [hyperparameter(declaration) for declaration in space]
    return [constant(h, h.default) if h.name in held else h.declaration for h in kinds]


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
