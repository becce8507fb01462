"""A table out of a file: cells by the names of their columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import InputError
from data.tables.lines import beginning, names_columns, rows_of, separator_of
from data.tables.text_files import text_of

if TYPE_CHECKING:
    import pandas as pd

# Endings of tables.
TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".parquet")

# Bytes that are looked through at once: what stays in a processor's cache is five times faster.
SCANNED = 2**18


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a file.

    Attributes:
        file: The name of the file.
        frame: Its columns: numbers where all cells are plain ones, else texts; NaN for an empty
            cell.
        separator: What separates cells; "" where nothing does.
        unnamed: Columns without a name in the header, which are called after their places.
        notes: What people should know of how it was read.
    """

    file: str
    frame: pd.DataFrame
    separator: str = ""
    unnamed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def is_table(path: Path) -> bool:
    """Return whether a path ends as those of tables do."""
    return path.name.lower().endswith(TABLES)


def read_table(
    path: Path,
    header: str = "auto",
    as_text: Collection[str] = (),
    names: Sequence[str] = (),
    alone: Collection[str] = (),
) -> Table:
    """Read a table, of which all lines have the same number of cells.

    Args:
        path: A text whose cells are separated by commas, semicolons, tabs, bars or blanks; or a
            Parquet file.
        header: Whether its first line names the columns: "yes", "no" or "auto".
        as_text: Columns whose cells are wanted as they stand there, numbers or not.
        names: Those of columns that have none in the file, if there are so many.
        alone: Columns of which one may be all that there is.

    Raises:
        InputError: It is no such file, or columns share a name.
    """
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    text, note = text_of(path)
    notes = [note] if note else []
    first_line = 1
    if asked := re.match(r"sep=(.)\n", text):  # as Excel has it
        text, first_line = text[asked.end() :], 2
    sample = beginning(text)
    whole = len(sample) == len(text)
    try:
        separator = asked[1] if asked else separator_of(sample, whole)
        if [name for row in rows_of(sample, ",", whole)[:1] for name in row] in (
            [a] for a in alone
        ):
            separator = ","  # One column: what may be in its cells separates nothing.
        rows = rows_of(sample, separator, whole)
        header_row, unnamed = _header(path, rows, header, names, 1 if alone else 2)
        if header_row is None:
            notes.append(
                f"{path.name}: the first line looks like the others, so that it names no columns; "
                f"they are called {unnamed[0]}, …; --header yes takes it for their names"
            )
        columns = unnamed if header_row is None else header_row
        _require_equal_lines(path, text, separator, len(columns), first_line, header_row)
        frame = _parsed(text, separator, columns, header_row is not None, as_text)
    except (csv.Error, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"Expected a table, but {path} cannot be read ({error}).") from error
    named = () if header_row is None else unnamed
    return Table(path.name, frame, separator, frozenset(named), tuple(notes))


def _header(
    path: Path, rows: Sequence[Sequence[str]], header: str, names: Sequence[str], fewest: int
) -> tuple[list[str] | None, list[str]]:
    """Return the names that the first line gives, or None, and those that it does not give."""
    width = max(Counter(map(len, rows[1:])).most_common(1), default=(0, 0))[0] if rows else 0
    first = list(rows[0]) if rows else []
    if len(first) < fewest and width < fewest:
        raise InputError(
            f"Expected a first line in {path} that names 2 or more columns, separated by commas, "
            f"semicolons, tabs or bars, received {first}: one column alone has nothing to be "
            "predicted from."
        )
    if len(first) < width - 1:
        raise InputError(
            f"Expected a first line in {path} that names its {width} columns, received {first}: "
            "remove what is before the names."
        )
    if header == "no" or (header == "auto" and not names_columns(rows)):
        return None, list(names) if len(names) == len(first) else _places(range(len(first)))
    if len(first) == width - 1:
        # Each line ends with a separator, or begins with a name of its own, as R writes them.
        ended = all(row[-1] == "" for row in rows[1:] if len(row) == width)
        first = [*first, ""] if ended else ["", *first]
    lacking = [place for place, name in enumerate(first) if not name]
    if lacking and len(lacking) == len(first):
        raise InputError(f"Expected a first line in {path} that names columns, received none.")
    called = [name or _places([place])[0] for place, name in enumerate(first)]
    name, count = Counter(called).most_common(1)[0]
    if count > 1:
        raise InputError(
            f'Expected another name for each column of {path}, received "{name}" {count} times: '
            "rename them; or if the first line names no columns, give --header no."
        )
    odd = [name for name in called if re.fullmatch(r"Unnamed: \d+(_level_\d+)?", name)]
    return called, [called[place] for place in lacking] + odd


def _places(places: Sequence[int]) -> list[str]:
    return [f"column_{place + 1}" for place in places]


def _require_equal_lines(
    path: Path, text: str, separator: str, width: int, first_line: int, header: object
) -> None:
    """Refuse a line that is too short or too long, which pandas would mend in silence."""
    if '"' in text or separator == " ":
        lines = csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True
        )
        sizes = ((lines.line_num, len(row) if row != [""] else 0) for row in lines)
    else:
        sizes = (
            (number, line.count(separator) + 1 if line.strip(" ") else 0)
            for number, line in enumerate(text.split("\n"), 1)
        )
    heading = header is not None
    for number, size in sizes:
        if size and heading:  # may lack the name of the first or the last column
            heading = False
        elif size not in (0, width):
            raise InputError(
                f"Expected {width} values in each line of {path}, received {size} in line "
                f"{number + first_line - 1}: repair that line."
            )


def _parsed(
    text: str, separator: str, columns: list[str], header: bool, as_text: Collection[str]
) -> pd.DataFrame:
    import pandas as pd

    content = text.encode()

    def read(**how: object) -> pd.DataFrame:
        return pd.read_csv(
            io.BytesIO(content),
            sep=separator,
            header=0 if header else None,
            names=columns,
            index_col=False,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
            **how,
        )

    frame = read()
    whole = any(dtype.kind in "iu" for dtype in frame.dtypes)
    zeros = whole and _leading_zeros(content, separator)
    again = [
        name
        for name, dtype in frame.dtypes.items()
        # Of the type object are true and false with empty cells among them, and huge numbers.
        if dtype.kind == "b"
        or pd.api.types.is_object_dtype(dtype)
        or (dtype.kind in "iuf" and (name in as_text or (zeros and dtype.kind in "iu")))
    ]
    if again:
        frame[again] = read(usecols=again, dtype=object)[again]
    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "iuf":
            frame[name] = frame[name].astype(object)
    return frame


def _leading_zeros(content: bytes, separator: str) -> bool:
    """Return whether a cell may be a whole number with zeros before it, such as "007"."""
    for start in range(0, len(content), SCANNED):
        signs = np.frombuffer(content[start : start + SCANNED + 2], np.uint8)
        before, zero, after = signs[:-2], signs[1:-1] == ord("0"), signs[2:]
        begins = (before == ord("\n")) | (before == ord(separator))
        begins |= (before == ord('"')) | (before == ord(" "))
        if (begins & zero & (after >= ord("0")) & (after <= ord("9"))).any():
            return True
    return False


def _parquet(path: Path) -> Table:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise InputError(
            f"{path} needs a package that is not installed: pip install -r requirements-parquet.txt"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a Parquet file, but {path} cannot be read ({error})."
        ) from error
    if frame.index.name is not None:
        frame = frame.reset_index()
    frame.columns = frame.columns.map(str)
    return Table(path.name, frame.apply(partial(_plain_cells, path)))


def _plain_cells(path: Path, cells: pd.Series) -> pd.Series:
    """Return a column of any type as numbers or texts."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(cells):
        return cells.astype(object).astype(str).where(cells.notna(), None).astype(object)
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype(np.float64) if cells.isna().any() or cells.dtype.kind == "f" else cells
    if pd.api.types.is_datetime64_any_dtype(cells):
        return cells.dt.strftime("%Y-%m-%d %H:%M:%S").astype(object)
    if (nested := cells.map(pd.api.types.is_list_like)).any():
        raise InputError(
            f"Expected one value in each cell of {path}, received {cells[nested].iloc[0]!r} in "
            f'column "{cells.name}": leave the column out.'
        )
    return cells.astype(object).map(str, na_action="ignore")
