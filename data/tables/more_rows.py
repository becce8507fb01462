"""Rows of another file with their targets, read as those of the training file were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.sources.examples import Examples
from data.split import Split
from data.tables.cells import as_codes, texts_of
from data.tables.groups_and_time import groups_and_time_again
from data.tables.kinds import decimal_sign
from data.tables.new_rows import read_known_table, values_in
from data.tables.target import target_values

if TYPE_CHECKING:
    import pandas as pd


def more_rows(path: Path, known: Examples, options: DataOptions) -> Split:
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
    table = read_known_table(path, known.columns, targets, options.header)
    for name in (*targets, options.groups, options.time):
        if name is not None and name not in table.frame:
            raise InputError(
                f'Expected the columns of the training data, but "{name}" is missing.'
                + did_you_mean(name, map(str, table.frame.columns))
            )
    values, unreadable = values_in(table.frame, known.columns)
    if unreadable:
        row, column, cell = unreadable[0]
        more = f" and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
        raise InputError(
            f'Expected cells like those for training, but in row {row} "{column.source}" is '
            f'"{cell}" ({column.kind}){more}: mend or empty these cells.'
        )
    decimal = decimal_sign(table.frame, table.separator)
    y, *more_y = (
        _targets(table.frame[name], trained, options, decimal) for name, trained in targets.items()
    )
    return Split(
        values,
        y,
        more=dict(zip(train.more, more_y, strict=True)),
        **groups_and_time_again(table.frame, options, known.columns),
    )


def _targets(
    cells: pd.Series, trained: np.ndarray, options: DataOptions, decimal: str
) -> np.ndarray:
    """Return targets as those for training are: texts, or numbers."""
    name = str(cells.name)
    if trained.dtype.kind not in "biuf":
        return as_codes(texts_of(cells)) if name in options.categorical else texts_of(cells)
    values = target_values(name, cells, options, decimal)
    if values.dtype.kind != "f":
        texts = [text for text in values if not text.replace(".", "").isdecimal()]
        raise InputError(
            f'Expected numbers in the target "{name}", as for training, received "{texts[0]}".'
        )
    return values
