"""An option said once: parser, ``--help``, README's row and a run's identity are made from it."""

import argparse
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tuner.command_line.parsing import OneLineParser


@dataclass(frozen=True)
class Option:
    """What there is to say of an option.

    Attributes:
        help: What it means; the default is added.
        default: Its value when it is not given. False makes a flag, True a flag with a ``--no-``,
            an empty tuple an option that is repeatable.
        metavar: What stands for its word.
        parse: Makes a value of its word.
        choices: The words there are.
        shown: The default in words, where its value does not say it.
        identity: What a difference between two searches is called that makes them others. None: a
            run that is resumed may change it.
        heading: The one that it begins; on further lines, what there is to say of all under it.
        momentary: It is for this call alone: a run that is resumed does not take it over.
        rival: Of those under one heading that are, only one can be given.
        keyword: Of an option that one choice alone has, the argument by which the choice takes it.
    """

    help: str
    default: Any = None
    metavar: str | None = None
    parse: Callable[[str], Any] = str
    choices: Collection[str] | None = None
    shown: str | None = None
    identity: str | None = None
    heading: str | None = None
    momentary: bool = False
    rival: bool = False
    keyword: str = ""

    @property
    def default_text(self) -> str:
        """The default as people read it; empty where there is nothing to say."""
        if self.shown is None and (self.default is None or isinstance(self.default, bool | tuple)):
            return ""
        return self.shown or str(self.default)

    def read(self, saved: Any) -> Any:
        """Return a value that ``config.json`` holds; those of a repeatable option are a list."""
        if self.default != ():
            return saved
        # It may have been an option for a single word when it was saved.
        words = saved if isinstance(saved, list) else [saved] * (saved is not None)
        return tuple(map(self.parse, words))

    def add_to(self, group: Any, name: str) -> None:
        """Add it to a parser's group."""
        told = f"{self.help} (default: {self.default_text})" if self.default_text else self.help
        how: dict[str, Any] = {"metavar": self.metavar, "type": self.parse, "choices": self.choices}
        if isinstance(self.default, bool):
            how = {"action": argparse.BooleanOptionalAction if self.default else "store_true"}
        elif self.default == ():
            how["action"] = "append"
        group.add_argument(flag(name), help=told.replace("%", "%%"), **how)

    def row(self, name: str) -> str:
        """Return its row of a Markdown table: option, meaning, default."""
        typed = f"{flag(name)} {self.metavar or '|'.join(self.choices or ())}".strip()
        if self.default is True:
            typed = flag(f"no_{name}")
        cells = (cell.replace("|", r"\|") for cell in (f"`{typed}`", self.help, self.default_text))
        return f"| {' | '.join(cells)} |"


def option(help: str, default: Any = None, *more: Any, **still_more: Any) -> Any:
    """Return the field of a dataclass of options; the arguments are those of `Option`."""
    said = Option(help, default, *more, **still_more)
    return field(default=default, metadata={"option": said})


def declared(options: Any) -> dict[str, Option]:
    """Return the options of a dataclass by name."""
    return {f.name: f.metadata["option"] for f in fields(options) if "option" in f.metadata}


def add_options(parser: OneLineParser, options: Mapping[str, Option]) -> OneLineParser:
    """Add options to a parser, under their headings, and return it."""
    group: Any = parser
    for name, one in options.items():
        if one.heading is not None:
            title, _, about = one.heading.partition("\n")
            group, rivals = parser.add_argument_group(title, about or None), None
        if one.rival and rivals is None:
            rivals = group.add_mutually_exclusive_group()
        one.add_to(rivals if one.rival else group, name)
    return parser


def flag(name: str) -> str:
    """Return an option as it is typed."""
    return f"--{name.replace('_', '-')}"
