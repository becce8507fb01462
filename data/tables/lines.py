"""How a table is laid out in a text: what separates cells, whether a first line names columns."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from data.tables.cells import MISSING_NUMBERS, NUMBER_FORMATS, is_number

# A comma may also be in numbers. A blank separates only where nothing else does.
SEPARATORS = ("\t", ";", "|", ",")
# So many lines tell the layout, or so many cells if lines are long.
LINES, CELLS = 1000, 200_000
# Separators are told by so many of the lines that have the same number of cells.
ALIKE = 0.9
YEARS = range(1500, 2201)

Row = Sequence[str]


def beginning(text: str) -> str:
    """Return the first lines of a text."""
    lines = text.split("\n", LINES)
    return "\n".join(lines[:LINES]) if len(lines) > LINES else text


def rows_of(text: str, separator: str, whole: bool = True) -> list[list[str]]:
    """Return the cells of each line that has some, without blanks around them.

    Args:
        text: A table.
        separator: What is between cells.
        whole: Whether the last line is. It may be within quotes where a text was cut.
    """
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    rows = [[cell.strip() for cell in row] for row in lines]
    if not whole:
        rows = rows[:-1]
    return [row for row in rows if row not in ([], [""])]


def separator_of(sample: str, whole: bool) -> str:
    """Return what separates the cells of a table, from its first lines.

    That is what gives (nearly) all lines the same number of cells, the more the better; a comma
    has to give more than twice as many as another, since it may be in each number.
    """
    widths = {separator: _width(rows_of(sample, separator, whole)) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda s: widths[s] if s == "," else 2 * widths[s])
    if widths[best]:
        return best
    # Where the first line is another text, as a title is, the others tell.
    below = sample.split("\n", 1)[-1]
    widths = {separator: _width(rows_of(below, separator, whole)) for separator in SEPARATORS}
    if max(widths.values()) > 2:
        return max(SEPARATORS, key=lambda separator: widths[separator])
    rows = rows_of(sample, " ", whole)
    if _width(rows) >= 3 and {len(row) for row in rows[1:]} == {_width(rows)}:
        return " "
    first = sample.split("\n", 1)[0]
    return max(",;\t|", key=first.count)


def _width(rows: Sequence[Row]) -> int:
    """Return the number of cells in nearly all rows; 0 if it varies, or is 1.

    The first one may lack the name of a column.
    """
    first, below = rows[:1], rows[1:] or rows
    if not rows:
        return 0
    width, count = Counter(map(len, below)).most_common(1)[0]
    lacking = width - len(first[0])
    alike = count >= ALIKE * len(below) and (lacking == 0 or (lacking == 1 and width > 2))
    return width if width > 1 and alike else 0


def names_columns(rows: Sequence[Row]) -> bool:
    """Return whether the first row of a table is a header.

    It is none if each of its cells looks like those below it: a number above numbers, or a text
    that comes again. Numbers in equal steps, such as 1990, 2000, 2010, are names.
    """
    first, below = rows[0], rows[1:]
    below = [row for row in below[: max(20, CELLS // len(first))] if len(row) == len(first)]
    if not below:
        return True
    numbers, again, unknown = list[str](), 0, 0
    for cell, *cells in zip(first, *below, strict=True):
        present = [c for c in cells if c.lower() not in MISSING_NUMBERS]
        if cell.lower() in MISSING_NUMBERS or not present:
            continue
        if all(map(_is_number, present)):
            if not _is_number(cell):
                return True
            numbers.append(cell)
        elif cell in cells:
            again += 1
        elif 2 * len(set(present)) <= len(present):
            return True
        else:
            unknown += 1
    if numbers:
        return _are_names(numbers, first[0] == "") or (
            not again and unknown > 0 and len(numbers) == 1
        )
    return not again or unknown > 0


def _is_number(cell: str) -> bool:
    return any(is_number(cell, form) for form in NUMBER_FORMATS[:4])


def _are_names(cells: Sequence[str], beside_rows: bool) -> bool:
    """Return whether numbers go up in equal steps: columns that are counted, or years.

    Two do so always, but are names beside an empty cell, which heads the numbers of the rows.
    """
    if not all(re.fullmatch("[0-9]{1,9}", cell) for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {after - before for before, after in pairwise(numbers)}
    years = all(number in YEARS for number in numbers)
    return len(steps) == 1 and min(steps) > 0 and (len(numbers) > 2 or years or beside_rows)
