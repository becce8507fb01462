"""A table in a file: a column is the target, the others are numbers, categories, dates or texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.sources.examples import FEWEST_EXAMPLES, Examples
from data.split import Split
from data.tables.cells import values_of
from data.tables.description import column_lines
from data.tables.groups_and_time import groups_and_time
from data.tables.kinds import NUMBERS_ROWS, column_of, decimal_sign, is_id, left_out
from data.tables.table import Table, read_table
from data.tables.target import target_values

if TYPE_CHECKING:
    import pandas as pd

# The options that name columns which models take, or do not.
ABOUT_COLUMNS = ("drop", "numeric", "categorical", "text")


def read_table_file(path: Path, options: DataOptions) -> Examples:
    """Read a table, of which the last column is predicted unless the options name others.

    A column keeps its name, except that "/" becomes "_": Keras allows no "/" in names of inputs.
    What it is taken for, the options overrule.

    Raises:
        InputError: The file is no table, or has no such column.
    """
    table = _read(path, options)
    frame = table.frame.dropna(how="all")
    _check_names(path, options, frame)
    first, *others = dict.fromkeys(options.target or [_last(path, table)])
    decimal = decimal_sign(frame, table.separator)
    cells = {name: _target(name, frame) for name in (first, *others)}
    order, no_features = groups_and_time(frame, options, list(cells))
    y, *more = (target_values(name, one, options, decimal) for name, one in cells.items())
    features = frame.drop(columns=[*cells, *(column.source for column in no_features)])
    columns = tuple(_columns(table, features, options, decimal))
    if not any(column.is_input for column in columns):
        # A number of the row alone is what there is: 1, 2, 3 may be an x.
        numbered = [c.source for c in columns if c.note == NUMBERS_ROWS and not is_id(c.source)]
        options = replace(options, numeric=(*options.numeric, *numbered))
        columns = tuple(_columns(table, features, options, decimal))
    found = {column.source: column for column in (*columns, *no_features)}
    columns = tuple(found[name] for name in map(str, frame.columns) if name in found)
    inputs = [column for column in columns if column.is_input]
    if not inputs and len(frame) >= FEWEST_EXAMPLES:
        raise InputError(
            f"Expected a column in {path} to predict {first} from, but all are left out: "
            + "; ".join(column_lines([*columns, *no_features]))
        )
    x = {column.name: values_of(column, frame[column.source])[0] for column in inputs}
    if len(x) < len(inputs):
        raise InputError(f'Expected columns of {path} that differ in more than "/" and "_".')
    return Examples(
        name=path.name.removesuffix(".gz").rsplit(".", 1)[0],
        splits={"train": Split(x, y, more=dict(zip(others, more, strict=True)), **order)},
        feature_names=tuple(x),
        target=first,
        columns=columns,
        notes=table.notes,
    )


def _read(path: Path, options: DataOptions) -> Table:
    """Read a table as text where the text tells more than the number that it is."""
    as_text = {*options.categorical, *options.text, *filter(None, [options.groups])}
    table = read_table(path, options.header, as_text)
    fractions = [name for name, cells in table.frame.items() if cells.dtype.kind == "f"]
    if fractions and table.separator and decimal_sign(table.frame, table.separator) == ",":
        # Then 1.234 may be a thousand and more.
        table = read_table(path, options.header, {*as_text, *map(str, fractions)})
    return table


def _columns(table: Table, frame: pd.DataFrame, options: DataOptions, decimal: str) -> list[Column]:
    columns = []
    for name, cells in frame.items():
        name = str(name)
        kept = any(name in getattr(options, kind) for kind in ("numeric", "categorical", "text"))
        if name in options.drop:
            columns.append(left_out(name, "as --drop says"))
        elif name in table.unnamed and name == table.frame.columns[0] and not kept:
            columns.append(left_out(name, "the first column, without a name: it names the rows"))
        else:
            columns.append(column_of(name, cells, options, decimal))
    return columns


def _check_names(path: Path, options: DataOptions, frame: pd.DataFrame) -> None:
    asked: dict[str, str] = {}
    for option in ABOUT_COLUMNS:
        for name in getattr(options, option):
            if name not in frame:
                raise InputError(
                    f'Expected a column of {path} after --{option}, received "{name}": it has '
                    f"{_some(frame)}.{did_you_mean(name, map(str, frame.columns))}"
                )
            if asked.setdefault(name, option) != option:
                raise InputError(
                    f'Expected one option for column "{name}", received --{asked[name]} and '
                    f"--{option}: leave one of them out."
                )
    for name in options.target:
        if asked.get(name) in ("drop", "text"):
            raise InputError(
                f'"{name}" is what is to be predicted, and --{asked[name]} says that it is '
                "something else: leave one of them out."
            )


def _last(path: Path, table: Table) -> str:
    """Return the last column that has a name and is not empty."""
    for name in map(str, reversed(table.frame.columns)):
        if table.frame[name].notna().any():
            break
    if name in table.unnamed:
        raise InputError(
            f"Expected a name for the last column of {path}, which is the one to predict: name it, "
            "or say with --target which is."
        )
    return name


def _target(target: str, frame: pd.DataFrame) -> pd.Series:
    if target not in frame:
        raise InputError(
            f'Expected a target out of the columns {_some(frame)}, received "{target}".'
            + did_you_mean(target, map(str, frame.columns))
        )
    return frame[target]


def _some(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns[:20])) + (", …" if len(frame.columns) > 20 else "")
