"""The columns of a table that say which rows belong together, and how rows follow each other."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.tables.cells import missing_numbers, texts_of, values_of
from data.tables.date_forms import date_form

if TYPE_CHECKING:
    import pandas as pd


def groups_and_time(
    frame: pd.DataFrame, options: DataOptions, targets: Collection[str]
) -> tuple[dict[str, np.ndarray], list[Column]]:
    """Return what the rows of a table have as `Split.groups` and `Split.time`, and the columns.

    Neither is a feature: nothing that was learned of the groups and times in training holds for
    others, and those of the test are others.

    Args:
        frame: Cells by the names of their columns.
        options: `groups` and `time` are the names of the columns.
        targets: The columns to predict.

    Raises:
        InputError: There is no such column, it misses values, or the times are no numbers or dates.
    """
    found: dict[str, np.ndarray] = {}
    columns: dict[str, Column] = {}
    for option, why in (("groups", "groups the rows"), ("time", "orders the rows")):
        name = getattr(options, option)
        if name is None:
            continue
        if name not in frame:
            some = ", ".join(map(str, frame.columns[:20]))
            raise InputError(
                f'--{option}: expected a column out of {some}, received "{name}".'
                + did_you_mean(name, map(str, frame.columns))
            )
        if name in targets:
            raise InputError(
                f'--{option}: expected a column beside the target, but "{name}" is the target '
                "itself: name another --target."
            )
        read = _dated(frame[name], options.dates) if option == "time" else Column(name, "category")
        note = f"{why} (--{option})"
        if name in columns:
            note = f"{columns[name].note} and {note}"
        columns[name] = Column(name.replace("/", "_"), "left out", name, read.format, note)
        found[option] = _values(frame[name], read, option)
    return found, list(columns.values())


def groups_and_time_again(
    frame: pd.DataFrame, options: DataOptions, columns: tuple[Column, ...]
) -> dict[str, np.ndarray]:
    """Return the same for other rows, read as those of training were."""
    by_source = {column.source: column for column in columns}
    found = {}
    for option, kind in (("groups", "category"), ("time", "number")):
        name = getattr(options, option)
        if name is not None:
            form = by_source[name].format
            kind = "date" if option == "time" and "date" in form else kind
            found[option] = _values(frame[name], Column(name, kind, name, form), option)
    return found


def _values(cells: pd.Series, column: Column, option: str) -> np.ndarray:
    if option == "groups":
        values = texts_of(cells)
        unread = np.zeros(len(values), bool)
    else:
        values, unread = values_of(column, cells)
    if unread.any():
        some = ", ".join(f'"{cell}"' for cell in cells[unread].unique()[:3])
        raise InputError(
            f'--{option}: expected numbers or dates in column "{column.name}", all written alike, '
            f"received {some}."
        )
    missing = np.isnan(values) if values.dtype.kind == "f" else values == ""
    if missing.any():
        raise InputError(
            f'--{option}: expected a value in every row of column "{column.name}", received '
            f"{missing.sum()} rows without: fill them or remove those rows."
        )
    return values


def _dated(cells: pd.Series, order: str) -> Column:
    """Return what a column of times is: numbers if all are, else dates if most are.

    Raises:
        InputError: They are dates whose first part could be the day and the month.
    """
    name = str(cells.name)
    number = Column(name, "number", name)
    texts = texts_of(cells)
    texts = texts[~missing_numbers(texts)]
    if not values_of(number, cells)[1].any() or not len(texts):
        return number
    form, _, both = date_form(np.unique(texts), order) or ("%Y-%m-%d", None, False)
    if both and order == "auto":
        raise InputError(
            f'--time: column "{name}" has dates such as {texts[0]}, which may begin with the day '
            "or the month: give --dates day-first or --dates month-first."
        )
    return Column(name, "date", name, {"date": form})
