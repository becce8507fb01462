"""Rows of another file, read as those of the training file were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split
from data.tables.cells import PLAIN, numbers_from, texts_of, values_of
from data.tables.groups_and_time import groups_and_time_again

if TYPE_CHECKING:
    import pandas as pd


def more_rows(frame: pd.DataFrame, known: Examples, options: DataOptions) -> Split:
    """Return the rows of a file as a split beside that for training.

    Args:
        frame: Its cells by the names of their columns.
        known: What the training file holds.
        options: Those that it was read with.

    Raises:
        InputError: A column is missing or unknown, or a cell is not what its column holds.
    """
    train = known.splits["train"]
    targets = {known.target: train.y, **train.more}
    _require_columns(frame, known.columns, targets, options)
    read: dict[str, np.ndarray] = {}
    for column in known.columns:
        if column.is_input:
            assert isinstance(train.x, dict)
            values, unread = values_of(column, frame[column.source])
            if unread.any():
                raise InputError(
                    f'Expected what column "{column.source}" holds for training ({column.kind}), '
                    f'received "{frame[column.source][unread].iloc[0]}" and the like in '
                    f"{unread.sum()} of {len(values)} rows: mend them, or empty these cells."
                )
            read[column.name] = values.astype(train.x[column.name].dtype)
    y, *more = (_targets(frame[name], known_y) for name, known_y in targets.items())
    return Split(
        read,
        y,
        more=dict(zip(train.more, more, strict=True)),
        **groups_and_time_again(frame, options, known.columns),
    )


def _require_columns(
    frame: pd.DataFrame, columns: Iterable[Column], targets: Iterable[str], options: DataOptions
) -> None:
    needed = [column.source for column in columns if column.is_input] + [*targets]
    needed += [name for name in (options.groups, options.time) if name is not None]
    known = {*needed, *(column.source for column in columns)}
    faults = {
        "missing": [name for name in dict.fromkeys(needed) if name not in frame],
        "unknown": [name for name in frame if name not in known],
    }
    told = [f"{', '.join(map(repr, names[:10]))} {what}" for what, names in faults.items() if names]
    if told:
        raise InputError(f"Expected the columns of the training file, received {'; '.join(told)}.")


def _targets(cells: pd.Series, known: np.ndarray) -> np.ndarray:
    """Return targets as those for training are: texts, or numbers."""
    texts = texts_of(cells)
    if known.dtype.kind not in "biuf":
        return texts
    truth = known.dtype.kind == "b"
    values, unread = numbers_from(texts, {"truth": True} if truth else PLAIN)
    if unread.any():
        raise InputError(
            f'Expected numbers in the target "{cells.name}", as for training, received '
            f'"{texts[unread][0]}".'
        )
    return values if known.dtype.kind != "b" or np.isnan(values).any() else values.astype(bool)
