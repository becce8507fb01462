"""A search as a sweep of Weights & Biases: ``tune.py --export-sweep``."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import Preparation, prepare
from tuner.space.hyperparameters import Hyperparameter

METHODS = {"grid": "grid", "random": "random", "quasi-random": "random", "hyperband": "random"}
# A range of so few values is listed: a sweep's own steps count from 0, not from the lower end.
MOST_LISTED = 1000


def export(options: SearchOptions, command: str) -> int:
    """Print the YAML of a sweep on standard output, and on standard error what it cannot say.

    Raises:
        InputError: The options do not fit, or one name stands for several hyperparameters.
    """
    prepared = prepare(options)
    print(f"# {command}")
    print("\n".join(_yaml(sweep(prepared))))
    for warning in _lost(prepared):
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def sweep(prepared: Preparation) -> dict[str, Any]:
    """Return the configuration of a sweep over the space of a search.

    Raises:
        InputError: A name stands for several hyperparameters.
    """
    objective, options = prepared.objective, prepared.options
    parameters: dict[str, Any] = {}
    for one in prepared.search_space.hyperparameters:
        if one.name in parameters:
            raise InputError(
                f"a sweep has one range for each name, and several hyperparameters are called "
                f"{one.name}: give them names of their own"
            )
        parameters[one.name] = _parameter(one)
    return {
        "name": prepared.dataset.name,
        "method": METHODS.get(options.strategy, "bayes"),
        "metric": {
            "name": objective.name,
            "goal": {"max": "maximize", "min": "minimize"}[objective.direction],
        },
        "run_cap": options.max_trials,
        "parameters": parameters,
    }


def _parameter(one: Hyperparameter) -> dict[str, Any]:
    if one.fixed:
        return {"value": one.default}
    whole_range = one.whole and one.step in (None, 1) and one.sampling == "linear"
    if one.count is not None and one.count <= MOST_LISTED and not whole_range:
        return {"values": list(one.values())}
    kind = "int_uniform" if one.whole else "uniform"
    if one.sampling == "log":
        kind = "q_log_uniform_values" if one.whole else "log_uniform_values"
    return {"distribution": kind, "min": one.low, "max": one.high}


def _lost(prepared: Preparation) -> Iterator[str]:
    """Yield what a sweep does not know of the space."""
    found = prepared.search_space.hyperparameters
    if names := [one.name for one in found if one.conditions]:
        yield f"a sweep has no conditions: it always draws {', '.join(names)}"
    if names := [one.name for one in found if one.sampling == "reverse_log" and one.count is None]:
        yield f"a sweep has no reverse logarithm: it draws {', '.join(names)} evenly"


def _yaml(content: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield f"{indent}{json.dumps(name)}:"
            yield from _yaml(value, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{json.dumps(name)}: [{', '.join(map(_scalar, value))}]"
        else:
            yield f"{indent}{json.dumps(name)}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    """Return a word as JSON has it, which YAML has likewise, but for powers of ten."""
    text = json.dumps(value)
    if isinstance(value, float) and "e" in text and "." not in text:
        return text.replace("e", ".0e")  # 1e-05 is a string to YAML 1.1.
    return text
