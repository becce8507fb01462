"""The search space as ``config.json`` holds it: declarations by name, a list where a name has
several."""

from collections.abc import Iterable, Mapping
from typing import Any

from tuner.space.hyperparameters import Declaration


def by_name(declarations: Iterable[Declaration]) -> dict[str, Any]:
    """Return ``{name: declaration}``, and ``{name: [declaration, ...]}`` for a name that is
    declared several times, as in two branches."""
    named: dict[str, list[Declaration]] = {}
    for declaration in declarations:
        named.setdefault(declaration["config"]["name"], []).append(declaration)
    return {name: told[0] if len(told) == 1 else told for name, told in named.items()}


def declarations_of(space: Mapping[str, Any]) -> list[Declaration]:
    """Return the declarations that `by_name` has written, parents before children."""
    left = [one for told in space.values() for one in (told if isinstance(told, list) else [told])]
    ordered: list[Declaration] = []
    names: set[str] = set()

    def open_(declaration: Declaration) -> bool:
        conditions = declaration["config"].get("conditions") or ()
        return all(condition["config"]["name"] in names for condition in conditions)

    while left:
        following = next(filter(open_, left), left[0])
        left.remove(following)
        ordered.append(following)
        names.add(following["config"]["name"])
    return ordered
