"""A hyperparameter as ``config.json`` declares it, for those who look at a search afterwards."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Hyperparameter:
    """A range of numbers, a list of choices, or a fixed value.

    Attributes:
        name: As in the search space.
        role: "scientific", "nuisance" or "fixed".
        default: The published default.
        low: The lower end of a range; None for choices.
        high: The upper end of a range.
        whole: The numbers of a range are whole.
        log: A range is searched by its orders of magnitude.
        step: Whole numbers are so far apart; those of a logarithmic range differ by this factor.
        choices: The values of what is no range; one for a fixed value.
        ordered: The choices have an order.
    """

    name: str
    role: str
    default: Any
    low: float | None = None
    high: float | None = None
    whole: bool = False
    log: bool = False
    step: int = 1
    choices: tuple[Any, ...] = ()
    ordered: bool = False

    @classmethod
    def declared(cls, declaration: dict[str, Any], role: str) -> "Hyperparameter":
        """Read a declaration: KerasTuner's ``class_name`` and ``config``."""
        kind, config = declaration["class_name"], declaration["config"]
        name, default = config["name"], config.get("default")
        if kind in ("Int", "Float") and config["min_value"] < config["max_value"]:
            return cls(
                name,
                role,
                default,
                low=config["min_value"],
                high=config["max_value"],
                whole=kind == "Int",
                log="log" in (config.get("sampling") or ""),
                step=int(config.get("step") or 1) if kind == "Int" else 1,
            )
        if kind in ("Int", "Float"):
            return cls(name, role, default, choices=(config["min_value"],))
        if kind == "Fixed":
            return cls(name, role, config["value"], choices=(config["value"],))
        choices = (False, True) if kind == "Boolean" else tuple(config["values"])
        return cls(name, role, default, choices=choices, ordered=bool(config.get("ordered")))

    @property
    def fixed(self) -> bool:
        """Whether it has one value only."""
        return len(self.choices) == 1

    @property
    def numeric(self) -> bool:
        """Whether it is a range of numbers."""
        return self.low is not None

    def position(self, value: Any) -> float:
        """Return where a value lies between the ends of the range, or among the choices: 0 to 1."""
        if self.low is None or self.high is None:
            place = self.choices.index(value) if value in self.choices else 0
            return place / max(len(self.choices) - 1, 1)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def value(self, position: float) -> float:
        """Return the number at a position of a range; below 0 and above 1 it lies outside."""
        if self.low is None or self.high is None:
            raise ValueError(f"{self.name} is no range")
        if self.log:
            return float(self.low * (self.high / self.low) ** position)
        return float(self.low + position * (self.high - self.low))

    def neat(self, number: float) -> float:
        """Return a number near another one that fits the range, or a longer one: on a step of
        whole numbers, with two digits otherwise."""
        if not self.whole or self.low is None:
            return float(f"{number:.2g}")
        if self.log and self.step > 1:
            steps = round(math.log(number / self.low, self.step))
            return float(max(round(self.low * self.step**steps), 1))
        return float(self.low + round((number - self.low) / self.step) * self.step)
