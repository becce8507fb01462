"""A hyperparameter: its values in order, made from the declaration that ``config.json`` has of it.

KerasTuner's own `value_to_prob` divides by zero, rounds down, or drops the last value of a stepped
range; here a value keeps its place through a round trip.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tuner.space.scale import Floats, Scale

# KerasTuner's ``class_name`` and ``config``, as in `HyperParameters.get_config()["space"]`.
Declaration = dict[str, Any]

# Float ranges are divided by their step with rounding errors: 1.0 / 0.1 counts ten whole steps.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Condition:
    """What must hold for a hyperparameter to be active: another one has one of these values."""

    name: str
    values: Sequence[Any]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether it holds, given the active values of those that are declared before."""
        return self.name in values and values[self.name] in self.values

    def __str__(self) -> str:
        return f"{self.name} = {' or '.join(map(str, self.values))}"


class Values(Sequence[Any]):
    """A long list of values, each computed when it is asked for."""

    def __init__(self, count: int, at: Callable[[int], Any]) -> None:
        self._count, self._at = count, at

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._at(index)


class Hyperparameter:
    """A range of numbers, a list of choices, or a fixed value.

    It has two rulers. For strategies, `unit` and `value`: a coordinate of the unit cube, on which
    every value of a finite range owns a stretch. For people, `position` and `number_at`: the place
    between the ends, which lie at 0 and at 1.

    Attributes:
        declaration: What it was made from.
        name: Its name, name scopes included.
        conditions: All of them must hold for it to be active.
        count: How many values there are; None for a continuous range.
        ordered: Neighbours are alike.
        numeric: It is a range of numbers.
        scale: The ends of a range, and how it is searched; None for choices and what is fixed.
        low: The lower end of a range, or None.
        high: The upper end of a range, or None.
        sampling: How a range is searched: "linear", "log" or "reverse_log"; linear without a range.
        whole: The numbers of a range are whole.
        step: The numbers of a range are so far apart; those of a logarithmic one differ by this
            factor. None: there is no step.
        choices: The values of what is no range; one for a fixed value.
    """

    count: int | None = None
    ordered = True
    choices: tuple[Any, ...] = ()

    def __init__(self, declaration: Declaration) -> None:
        config = declaration["config"]
        self.declaration = declaration
        self.name: str = config["name"]
        told = [condition["config"] for condition in config.get("conditions") or ()]
        self.conditions = [Condition(parent["name"], parent["values"]) for parent in told]
        self.scale = scale = _scale(declaration)
        self.numeric = scale is not None
        self.low = None if scale is None else scale.low
        self.high = None if scale is None else scale.high
        self.sampling = "linear" if scale is None else scale.sampling
        self.whole = declaration["class_name"] == "Int"
        self.step: float | None = config.get("step")

    @property
    def conditions_text(self) -> str:
        """What it is active under, in words; empty without conditions."""
        return ", ".join(map(str, self.conditions))

    @property
    def fixed(self) -> bool:
        """Whether it has one value only."""
        return self.count == 1

    @cached_property
    def default(self) -> Any:
        """The default."""
        stated = self.declaration["config"].get("default")
        return self.implied_default if stated is None else stated

    @property
    def implied_default(self) -> Any:
        """The default of a declaration without one: the lower end, or the first choice."""
        return self.low if self.numeric else self.choices[0]

    def active(self, values: Mapping[str, Any]) -> bool:
        """Tell whether it is active, given the values of the active ones declared before it."""
        return self.name not in values and all(c.holds(values) for c in self.conditions)

    def position(self, value: Any) -> float:
        """Return where a value lies between the ends of the range, or among the choices: 0 to 1.

        A number outside of its range lies outside; what is no choice lies at 0.
        """
        if self.scale is not None:
            return float(self.scale.position(value))
        place = self.choices.index(value) if value in self.choices else 0
        return place / max(len(self.choices) - 1, 1)

    def number_at(self, position: float) -> float:
        """Return the number at a position of a range; below 0 and above 1 it lies outside.

        Raises:
            ValueError: It is no range.
        """
        if self.scale is None:
            raise ValueError(f"{self.name} is no range")
        return float(self.scale.value(position))

    def neat(self, number: float) -> float:
        """Return a number near another one that fits the range, or a longer one: on a step of
        whole numbers, with two digits otherwise."""
        return float(f"{number:.2g}")

    def snap(self, units: Floats) -> Floats:
        """Move coordinates, shape (n,), to those of the values that they stand for."""
        raise NotImplementedError

    def value(self, unit: float) -> Any:
        """Return the value at a coordinate in [0, 1]."""
        raise NotImplementedError

    def unit(self, value: Any) -> float:
        """Return a value's coordinate; outside [0, 1] or NaN for one that is not of the range."""
        raise NotImplementedError

    def at(self, index: int) -> Any:
        """Return the value with an index from 0 to `count` - 1."""
        raise NotImplementedError

    def values(self) -> Sequence[Any]:
        """Return all values of a finite range, in order."""
        if self.count is None:
            raise TypeError(f"Expected a finite range. Received: {self.declaration}")
        return Values(self.count, self.at)


class Continuous(Hyperparameter):
    """A Float without a step."""

    scale: Scale

    def snap(self, units: Floats) -> Floats:
        return np.clip(units, 0.0, 1.0)

    def value(self, unit: float) -> float:
        value = float(self.scale.value(min(max(unit, 0.0), 1.0)))
        return min(max(value, self.scale.low), self.scale.high)

    def unit(self, value: Any) -> float:
        return float(self.scale.position(value))


class Integers(Hyperparameter):
    """An Int on a logarithmic scale without a step: each integer v owns the stretch [v, v + 1)."""

    scale: Scale

    def __init__(self, declaration: Declaration) -> None:
        super().__init__(declaration)
        low, high = self.scale.low, self.scale.high
        self.count = int(high - low) + 1
        self._stretches = Scale(low, high + 1, self.scale.sampling)

    def snap(self, units: Floats) -> Floats:
        integers = np.floor(self._stretches.value(np.clip(units, 0.0, 1.0)) + _ROUNDING)
        return self._center(np.clip(integers, self.scale.low, self.scale.high))

    def _center(self, integers: Floats | float) -> Floats:
        position = self._stretches.position
        return (position(integers) + position(np.add(integers, 1.0))) / 2

    def value(self, unit: float) -> int:
        number = float(self._stretches.value(min(max(unit, 0.0), 1.0)))
        return int(min(max(math.floor(number + _ROUNDING), self.scale.low), self.scale.high))

    def unit(self, value: Any) -> float:
        return float(self._center(value))

    def at(self, index: int) -> int:
        return int(self.scale.low + index)

    def neat(self, number: float) -> float:
        return float(round(number))


class Levels(Hyperparameter):
    """A finite list of values that share the interval equally."""

    count: int

    def snap(self, units: Floats) -> Floats:
        index = np.minimum(np.floor(np.clip(units, 0.0, 1.0) * self.count), self.count - 1)
        return (index + 0.5) / self.count

    def value(self, unit: float) -> Any:
        return self.at(min(max(int(unit * self.count), 0), self.count - 1))

    def unit(self, value: Any) -> float:
        return (self._index(value) + 0.5) / self.count

    def _index(self, value: Any) -> float:
        raise NotImplementedError


class Steps(Levels):
    """A Float or Int with a step; also every Int on a linear scale."""

    scale: Scale
    step: float

    def __init__(self, declaration: Declaration) -> None:
        super().__init__(declaration)
        self.step = self.step or 1
        span = self.scale.high - self.scale.low
        linear = self.scale.sampling == "linear"
        steps = span / self.step if linear else math.log(1 + span / self.scale.low, self.step)
        self.count = math.floor(steps + _ROUNDING) + 1

    def at(self, index: int) -> Any:
        low, high, step = self.scale.low, self.scale.high, self.step
        if self.scale.sampling == "linear":
            value = low + index * step
        elif self.scale.sampling == "log":
            value = low * step**index
        else:  # KerasTuner counts a reverse_log range down from its maximum.
            value = high + low - low * step ** (self.count - 1 - index)
        # Twelve digits hide the last bits of 0.1 + 2 * 0.1.
        return int(value) if self.whole else float(f"{value:.12g}")

    def _index(self, value: Any) -> float:
        low, sampling = self.scale.low, self.scale.sampling
        if sampling == "linear":
            index = float((value - low) / self.step)
        else:
            distance = value if sampling == "log" else self.scale.high + low - value
            index = math.log(distance / low, self.step) if distance > 0 else math.nan
            index = index if sampling == "log" else self.count - 1 - index
        # A value of the range is worth its exact place: round trips must not drift.
        near = math.isfinite(index) and abs(index - round(index)) < 1e-6
        return round(index) if near else index

    def neat(self, number: float) -> float:
        if not self.whole:
            return super().neat(number)
        value = float(self.at(round(self._index(number))))
        return value if self.scale.sampling == "linear" else max(value, 1.0)


class Listed(Levels):
    """A Choice, a Boolean, or what can only have one value: Fixed, or a range without extent."""

    def __init__(self, declaration: Declaration, values: Sequence[Any]) -> None:
        super().__init__(declaration)
        self.choices = tuple(values)
        self.count = len(values)
        self.ordered = bool(declaration["config"].get("ordered")) or self.count <= 2

    def at(self, index: int) -> Any:
        return self.choices[index]

    def _index(self, value: Any) -> float:
        return self.choices.index(value) if value in self.choices else math.nan


def hyperparameter(declaration: Declaration) -> Hyperparameter:
    """Return the hyperparameter that a declaration tells of.

    Args:
        declaration: Of a `Float`, `Int`, `Choice`, `Boolean` or `Fixed` of KerasTuner.

    Raises:
        TypeError: It is of another kind.
    """
    kind, config = declaration["class_name"], declaration["config"]
    if kind == "Fixed":
        return Listed(declaration, [config["value"]])
    if kind == "Boolean":
        return Listed(declaration, [False, True])
    if kind == "Choice":
        return Listed(declaration, list(dict.fromkeys(config["values"])))
    if kind not in ("Float", "Int"):
        raise TypeError(
            f"Expected a Float, Int, Choice, Boolean or Fixed hyperparameter. Received: {kind}"
        )
    scale = _scale(declaration)
    if scale is None:
        return Listed(declaration, [config["min_value"]])
    if config.get("step") is not None or (kind == "Int" and scale.sampling == "linear"):
        return Steps(declaration)
    return Integers(declaration) if kind == "Int" else Continuous(declaration)


def _scale(declaration: Declaration) -> Scale | None:
    """Return the scale of a range; None for what is no range, or one without extent."""
    config = declaration["config"]
    low, high = config.get("min_value"), config.get("max_value")
    if low is None or low == high:
        return None
    number = int if declaration["class_name"] == "Int" else float
    return Scale(number(low), number(high), config.get("sampling") or "linear")
