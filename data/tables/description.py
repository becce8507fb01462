"""What each column of a table was taken for, in a few lines for people."""

import re
from collections.abc import Iterable, Sequence

from data.columns import Column

# So many names stand in a line; of more, the first ones.
MOST_NAMES = 12
# Of so many columns a thing of one kind is noted one by one.
MOST_ALIKE = 3
WARNING = "warning: "
NAMES = {
    "number": ("number", "numbers"),
    "category": ("category column", "category columns"),
    "date": ("date", "dates"),
    "text": ("free text", "free texts"),
}


def column_lines(columns: Sequence[Column]) -> list[str]:
    """Return how many columns are of each kind and which, and then what was noticed of them."""
    lines = []
    for kind, (one, several) in NAMES.items():
        if names := [column.name for column in columns if column.kind == kind]:
            lines.append(f"{len(names)} {one if len(names) == 1 else several}: {_some(names)}")
    left_out = [column for column in columns if not column.is_input]
    for note, names in _by_note(left_out).items():
        lines.append(f"left out: {_some(names)} ({_about(names, note)})")
    notes = _by_note([column for column in columns if column.is_input])
    alike: dict[str, list[str]] = {}
    for note in notes:
        alike.setdefault(re.sub(r'"[^"]*"( read as \S+)?|[0-9]+', "", note), []).append(note)
    for same in alike.values():
        if len(same) > MOST_ALIKE:
            names = [name for note in same for name in notes[note]]
            lines.append(_line(names, f"{same[0]}, and likewise"))
        else:
            lines += [_line(notes[note], note) for note in same]
    return lines


def _line(names: list[str], note: str) -> str:
    warning = WARNING if note.startswith(WARNING) else ""
    return f"{warning}{_some(names)}: {_about(names, note.removeprefix(warning))}"


def _by_note(columns: Iterable[Column]) -> dict[str, list[str]]:
    """Return the names of the columns that each thing is noted of."""
    notes: dict[str, list[str]] = {}
    for column in columns:
        for note in filter(None, column.note.split("; ") if column.is_input else [column.note]):
            notes.setdefault(note, []).append(column.name)
    return notes


def _about(names: list[str], note: str) -> str:
    return note.replace("COLUMN", names[0]) if len(names) == 1 else note


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    if more <= 1:
        return ", ".join(names)
    return ", ".join(names[:MOST_NAMES]) + f", … and {more} more"
