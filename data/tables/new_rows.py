"""New rows of a table whose columns are known: they are read as those that models were made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.columns import Column
from data.errors import InputError, did_you_mean
from data.tables.cells import dates_from, has_time, texts_of, values_of
from data.tables.table import Table, read_table

if TYPE_CHECKING:
    import pandas as pd


def read_new_rows(
    path: Path, columns: Sequence[Column], ignored: Collection[str] = (), header: str = "auto"
) -> tuple[dict[str, np.ndarray], list[tuple[int, Column, str]]]:
    """Return new rows as a raw table, and each cell that cannot be read as its column was.

    Args:
        path: A file as `data.tables.table.read_table` reads it, whose columns may be in another
            order.
        columns: What the columns of the known table were taken for, in the order of its file. A
            table without a header has `column_1` and so on.
        ignored: Columns that may be there besides, such as a target, by their names in the file.
        header: Whether the first line names the columns: "yes", "no" or "auto".

    Returns:
        The values of each input by its name, as in `Split.x`; and for each cell that cannot be
        read the number of its row, from 1 on, its column and itself.

    Raises:
        InputError: The file is no table, or has other columns.
    """
    return values_in(read_known_table(path, columns, ignored, header).frame, columns)


def read_known_table(
    path: Path, columns: Sequence[Column], ignored: Collection[str] = (), header: str = "auto"
) -> Table:
    """Return the cells of a file with known columns; see `read_new_rows`.

    Raises:
        InputError: The file is no table, or has other columns.
    """
    inputs = [column for column in columns if column.is_input]
    known = [column.source for column in columns]
    nameless = all(re.fullmatch(r"column_\d+", name) for name in known)
    if header == "auto" and not nameless:
        header = "yes"
    plain = [c for c in inputs if c.kind == "number" and not c.format]
    # A name may also be the one that models know, such as that of the texts of an array.
    taken = {*known, *ignored}
    as_text = {*taken, *(c.name for c in inputs)} - {c.source for c in plain}
    as_text -= {c.name for c in plain if c.name not in taken}
    table = read_table(path, header, as_text, known if nameless else (), known)
    elsewhere = [c for c in inputs if c.source not in table.frame and c.name not in taken]
    aliases = {c.name: c.source for c in elsewhere}
    table = replace(table, frame=table.frame.rename(columns=aliases))
    here = [str(name) for name in table.frame.columns]
    lacking = [column.source for column in inputs if column.source not in here]
    unknown = [name for name in here if name not in known and name not in ignored]
    if lacking:
        raise InputError(
            f'Expected the columns of the training data in {path}, but "{lacking[0]}" is missing'
            + (f", as are {len(lacking) - 1} others" if len(lacking) > 1 else "")
            + f".{did_you_mean(lacking[0], unknown)}"
        )
    # One that only numbers the rows may come along, as programs write it.
    unknown = [name for name in unknown if not re.fullmatch(r"column_1|Unnamed: 0", name)]
    if unknown:
        raise InputError(
            f'Expected only columns of the training data in {path}, received "{unknown[0]}"'
            + (f" and {len(unknown) - 1} others" if len(unknown) > 1 else "")
            + f": remove it.{did_you_mean(unknown[0], known)}"
        )
    return table


def values_in(
    frame: pd.DataFrame, columns: Sequence[Column]
) -> tuple[dict[str, np.ndarray], list[tuple[int, Column, str]]]:
    """Return the values of all inputs, and what cannot be read; see `read_new_rows`."""
    values, unreadable = {}, list[tuple[int, Column, str]]()
    for column in (column for column in columns if column.is_input):
        cells = frame[column.source]
        values[column.name], mask = values_of(column, cells)
        if column.kind == "date" and mask.any():
            # As the saved model takes them, and as programs write them that have read the others.
            places, written = np.flatnonzero(mask), column.format.get("date", "")
            iso = "%Y-%m-%d %H:%M:%S" if has_time(written) else "%Y-%m-%d"
            read, mask[places] = dates_from(texts_of(cells[mask]), {"date": iso})
            values[column.name][places] = read
        if mask.any():
            texts = texts_of(cells[mask])
            rows = np.flatnonzero(mask) + 1
            unreadable += [(int(row), column, text) for row, text in zip(rows, texts, strict=True)]
    return values, sorted(unreadable, key=lambda one: one[0])
