"""Command lines whose errors are one line: what was expected, what was received."""

import argparse
import difflib
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn


class OneLineParser(argparse.ArgumentParser):
    """A parser with one-line errors that name the nearest right spelling, and status 2.

    Options that are not given are absent from the result, so that a run's own settings can stand
    in for them.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(argument_default=argparse.SUPPRESS, allow_abbrev=False, **settings)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; refuse what is left over, naming the option it resembles."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            option = unknown[0].partition("=")[0]
            near = difflib.get_close_matches(option, self._option_string_actions, 1)
            hint = f"did you mean {near[0]}?" if near else f"{self.prog} --help lists the options"
            self.error(f"unknown option {unknown[0]}: {hint}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Print one line on standard error and exit with status 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def given(self, argv: Sequence[str]) -> dict[str, Any]:
        """Return the options that a command line names; repeatable ones as tuples."""
        parsed = vars(self.parse_args(argv))
        return {name: tuple(v) if isinstance(v, list) else v for name, v in parsed.items()}


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """Return what parses whole numbers in a range."""
    expected = f"of {least} or more" if most == math.inf else f"from {least} to {most}"

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number {expected}, received {text!r}"
            )
        return int(text)

    return parse


positive, several, natural = whole(1), whole(2), whole(0, 2**32 - 1)


def none_or_several(text: str) -> int:
    """Parse 0, or a whole number of 2 or more."""
    if not text.isdecimal() or int(text) == 1:
        raise argparse.ArgumentTypeError(
            f"expected 0, or a whole number of 2 or more, received {text!r}"
        )
    return int(text)


def share(text: str) -> float:
    """Parse a number between 0 and 1, both excluded."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(
            f"expected a number between 0 and 1, such as 0.05, received {text!r}"
        )
    return number


def gpu_share(text: str) -> float:
    """Parse how many GPUs: a part of one, or a whole number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (0 <= number < 1 or number.is_integer()):
        raise argparse.ArgumentTypeError(
            f"expected a part of a GPU such as 0.5, or a whole number, received {text!r}"
        )
    return number


def ray_address(text: str) -> str:
    """Parse where a Ray cluster is: ``auto`` or ``HOST:PORT``."""
    if text != "auto" and not re.fullmatch(r"[^/\s]+:\d+", text):
        raise argparse.ArgumentTypeError(
            f"expected auto, or HOST:PORT as `ray start` on the head prints it, received {text!r}"
        )
    return text


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str) -> float:
    """Parse a duration such as ``90``, ``90s``, ``30m``, ``1.5h`` or ``1h30m`` into seconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not seconds > 0:
        raise argparse.ArgumentTypeError(
            f"expected a duration such as 90s, 30m or 1h30m, received {text!r}"
        )
    return seconds


def run_name(text: str) -> str:
    """Parse the name of a run: one folder name, so that nothing outside the runs is written."""
    if not re.fullmatch(r"[^/\\\0]+", text) or text in {".", ".."}:
        raise argparse.ArgumentTypeError(
            f"expected the name of a folder, without slashes, received {text!r}"
        )
    return text
