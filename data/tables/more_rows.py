"""Rows of another file with their targets, read as those of the training file were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split
from data.tables.cells import NUMBER_FORMATS, texts_of, values_of
from data.tables.groups_and_time import groups_and_time_again
from data.tables.new_rows import read_known_columns, rows_of_frame

if TYPE_CHECKING:
    import pandas as pd


def read_more_rows(path: Path, known: Examples, options: DataOptions) -> Split:
    """Return the rows of a file as a split beside that for training.

    Args:
        path: A table.
        known: What the training file holds.
        options: Those that it was read with.

    Raises:
        InputError: A column is missing or unknown, or a cell is not what its column holds.
    """
    train = known.splits["train"]
    targets = {known.target: train.y, **train.more}
    frame = read_known_columns(path, known.columns, targets, options.header).dropna(how="all")
    needed = [*targets, *(name for name in (options.groups, options.time) if name is not None)]
    if lacking := [name for name in needed if name not in frame]:
        raise InputError(f'expected the columns of the dataset, but "{lacking[0]}" is missing.')
    x, unreadable = rows_of_frame(frame, known.columns)
    if unreadable:
        row, column, cell = unreadable[0]
        raise InputError(
            f'expected what column "{column.source}" holds for training ({column.kind}), received '
            f'"{cell}" in row {row}, and {len(unreadable)} such cells in all: mend or empty them.'
        )
    y, *more = (_targets(frame[name], known_y) for name, known_y in targets.items())
    return Split(
        x,
        y,
        more=dict(zip(train.more, more, strict=True)),
        **groups_and_time_again(frame, options, known.columns),
    )


def _targets(cells: pd.Series, known: np.ndarray) -> np.ndarray:
    """Return targets as those for training are: texts, or numbers."""
    if known.dtype.kind not in "biuf":
        return texts_of(cells)
    name = str(cells.name)
    # However the file writes its numbers.
    for form in NUMBER_FORMATS:
        values, unread = values_of(Column(name, "number", name, form), cells)
        if not unread.any():
            return values
    raise InputError(
        f'expected numbers in the target "{name}", as for training, received '
        f'"{texts_of(cells[unread])[0]}".'
    )
