"""``name=value``: what the command line says of one hyperparameter, parsed once.

`str` gives the text back, for commands and ``config.json``.
"""

import argparse
import re
from dataclasses import dataclass

ROLE_NAMES = ("scientific", "nuisance", "fixed")


@dataclass(frozen=True)
class Fix:
    """``--fix name=value``: a hyperparameter has one value, which its kind makes of the text."""

    name: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Fix":
        """Read ``name=value``."""
        return cls(*_parts(r"([^=]+)=(.+)", text, "name=value"))

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


@dataclass(frozen=True)
class Range:
    """``--range name=low:high``: a hyperparameter is searched from one value to another."""

    name: str
    low: str
    high: str

    @classmethod
    def parse(cls, text: str) -> "Range":
        """Read ``name=low:high``."""
        return cls(*_parts(r"([^=]+)=([^:]+):([^:]+)", text, "name=low:high"))

    def __str__(self) -> str:
        return f"{self.name}={self.low}:{self.high}"


@dataclass(frozen=True)
class Role:
    """``--role name=role``: what a hyperparameter is for."""

    name: str
    role: str

    @classmethod
    def parse(cls, text: str) -> "Role":
        """Read ``name=role``."""
        expected = f"name=role with a role out of {', '.join(ROLE_NAMES)}"
        return cls(*_parts(rf"([^=]+)=({'|'.join(ROLE_NAMES)})", text, expected))

    def __str__(self) -> str:
        return f"{self.name}={self.role}"


def _parts(pattern: str, text: str, expected: str) -> tuple[str, ...]:
    match = re.fullmatch(pattern, text)
    if match is None:
        raise argparse.ArgumentTypeError(f"expected {expected}, received {text!r}")
    return match.groups()
