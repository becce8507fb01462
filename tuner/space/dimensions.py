"""One hyperparameter as a coordinate between 0 and 1.

KerasTuner's own `value_to_prob` divides by zero, rounds down, or drops the last value of a stepped
range; here a value keeps its place through a round trip.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras_tuner.engine import hyperparameters as hp_types
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Float ranges are divided by their step with rounding errors: 1.0 / 0.1 counts ten whole steps.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Scale:
    """A range of numbers drawn as a ruler from 0 to 1: linear, log or reverse_log.

    Attributes:
        low: The value at 0.
        high: The value at 1.
        sampling: KerasTuner's word for the spacing of the ruler.
    """

    low: float
    high: float
    sampling: str

    def position(self, value: Floats | float) -> Floats:
        """Return where values lie on the ruler; outside the range that is below 0 or above 1."""
        value = np.asarray(value, dtype=float)
        if self.sampling == "linear":
            return (value - self.low) / (self.high - self.low)
        span = math.log(self.high / self.low)
        if self.sampling == "log":
            return np.log(value / self.low) / span
        return 1.0 - np.log((self.high + self.low - value) / self.low) / span

    def value(self, position: Floats | float) -> Floats:
        """Return the values at positions; the inverse of `position`."""
        position = np.asarray(position, dtype=float)
        if self.sampling == "linear":
            return self.low + position * (self.high - self.low)
        ratio = self.high / self.low
        if self.sampling == "log":
            return self.low * ratio**position
        return self.high + self.low - self.low * ratio ** (1.0 - position)


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


class Dimension:
    """A hyperparameter's values, in order, along the unit interval.

    Attributes:
        hp: KerasTuner's declaration.
        name: Its name, name scopes included.
        conditions: KerasTuner's conditions, all of which must hold for it to be active.
        count: How many values there are; None for a continuous range.
        ordered: Neighbours on the interval are alike.
    """

    count: int | None = None
    ordered = True

    def __init__(self, hp: Any) -> None:
        self.hp = hp
        self.name: str = hp.name
        self.conditions: list[Any] = hp.conditions

    @property
    def explicit_default(self) -> bool:
        """Whether the default differs from the one that KerasTuner takes when none is given.

        KerasTuner forgets whether a default was given, so one equal to the implied default (the
        minimum, the first choice, False) counts as not given.
        """
        if isinstance(self.hp, hp_types.Fixed):
            return False
        return bool(self.hp.default != self.implied_default())

    def implied_default(self) -> Any:
        """Return the default of a declaration without one."""
        return self.hp.min_value

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
            raise TypeError(f"Expected a finite range. Received: {self.hp!r}")
        return Values(self.count, self.at)

    def feature(self, units: Floats) -> Floats:
        """Stretch snapped coordinates so that the first value lies at 0 and the last at 1."""
        first, last = self.snap(np.array([0.0, 1.0]))
        return (units - first) / (last - first)


class Continuous(Dimension):
    """A Float without a step."""

    def __init__(self, hp: Any) -> None:
        super().__init__(hp)
        self._scale = Scale(hp.min_value, hp.max_value, hp.sampling)

    def snap(self, units: Floats) -> Floats:
        return np.clip(units, 0.0, 1.0)

    def value(self, unit: float) -> float:
        value = float(self._scale.value(min(max(unit, 0.0), 1.0)))
        return min(max(value, self.hp.min_value), self.hp.max_value)

    def unit(self, value: Any) -> float:
        with np.errstate(all="ignore"):
            return float(self._scale.position(value))


class Integers(Dimension):
    """An Int on a logarithmic scale without a step: each integer v owns the stretch [v, v + 1)."""

    def __init__(self, hp: Any) -> None:
        super().__init__(hp)
        self.count = hp.max_value - hp.min_value + 1
        self._scale = Scale(hp.min_value, hp.max_value + 1, hp.sampling)

    def snap(self, units: Floats) -> Floats:
        integers = np.floor(self._scale.value(np.clip(units, 0.0, 1.0)) + _ROUNDING)
        return self._center(np.clip(integers, self.hp.min_value, self.hp.max_value))

    def _center(self, integers: Floats | float) -> Floats:
        ends = self._scale.position(integers), self._scale.position(np.add(integers, 1.0))
        return (ends[0] + ends[1]) / 2

    def value(self, unit: float) -> int:
        integer = math.floor(float(self._scale.value(min(max(unit, 0.0), 1.0))) + _ROUNDING)
        return int(min(max(integer, self.hp.min_value), self.hp.max_value))

    def unit(self, value: Any) -> float:
        with np.errstate(all="ignore"):
            return float(self._center(value))

    def at(self, index: int) -> int:
        return int(self.hp.min_value + index)


class Levels(Dimension):
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

    def __init__(self, hp: Any) -> None:
        super().__init__(hp)
        self._linear = hp.sampling == "linear"
        span = hp.max_value - hp.min_value
        steps = span / hp.step if self._linear else math.log(1 + span / hp.min_value, hp.step)
        self.count = math.floor(steps + _ROUNDING) + 1

    def at(self, index: int) -> Any:
        hp = self.hp
        if self._linear:
            value = hp.min_value + index * hp.step
        elif hp.sampling == "log":
            value = hp.min_value * hp.step**index
        else:  # KerasTuner counts a reverse_log range down from its maximum.
            value = hp.max_value + hp.min_value - hp.min_value * hp.step ** (self.count - 1 - index)
        # Twelve digits hide the last bits of 0.1 + 2 * 0.1.
        return int(value) if isinstance(hp, hp_types.Int) else float(f"{value:.12g}")

    def _index(self, value: Any) -> float:
        hp = self.hp
        if self._linear:
            return float((value - hp.min_value) / hp.step)
        distance = value if hp.sampling == "log" else hp.max_value + hp.min_value - value
        if distance <= 0:
            return math.nan
        index = math.log(distance / hp.min_value, hp.step)
        return index if hp.sampling == "log" else self.count - 1 - index

    def unit(self, value: Any) -> float:
        index = self._index(value)
        # A value of the range is worth its exact place: round trips must not drift.
        if math.isfinite(index) and abs(index - round(index)) < 1e-6:
            index = round(index)
        return (index + 0.5) / self.count


class Listed(Levels):
    """A Choice, a Boolean, or what can only have one value: Fixed, or a range without extent."""

    def __init__(self, hp: Any, values: list[Any]) -> None:
        super().__init__(hp)
        self._values = values
        self.count = len(values)
        self.ordered = bool(getattr(hp, "ordered", False)) or self.count <= 2

    def implied_default(self) -> Any:
        return self._values[0]

    def at(self, index: int) -> Any:
        return self._values[index]

    def _index(self, value: Any) -> float:
        return self._values.index(value) if value in self._values else math.nan


def make_dimension(hp: Any) -> Dimension:
    """Return the coordinate for one declared hyperparameter.

    Args:
        hp: A `Float`, `Int`, `Choice`, `Boolean` or `Fixed` of KerasTuner.

    Raises:
        TypeError: It is of another kind.
    """
    if isinstance(hp, hp_types.Fixed):
        return Listed(hp, [hp.value])
    if isinstance(hp, hp_types.Boolean):
        return Listed(hp, [False, True])
    if isinstance(hp, hp_types.Choice):
        return Listed(hp, list(dict.fromkeys(hp.values)))
    if not isinstance(hp, hp_types.Float | hp_types.Int):
        raise TypeError(
            f"Expected a Float, Int, Choice, Boolean or Fixed hyperparameter. Received: {hp!r}"
        )
    if hp.min_value == hp.max_value:
        return Listed(hp, [hp.min_value])
    if hp.step is not None:
        return Steps(hp)
    return Integers(hp) if isinstance(hp, hp_types.Int) else Continuous(hp)
