"""A table in a CSV: the first line names the columns, one of which is the target.

Columns of numbers and of true/false become float32, with NaN where a value is missing. Any other
column is text, empty where a value is missing. The separator is a comma, a semicolon or a tab.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.sources.examples import Examples
from data.split import Split

if TYPE_CHECKING:
    import pandas as pd

ENCODING = "utf-8-sig"  # with or without a byte order mark


def read_csv(path: Path, options: DataOptions) -> Examples:
    """Read a CSV in UTF-8, of which the last column is predicted unless the options name others.

    A column keeps its name, except that "/" becomes "_": Keras allows no "/" in names of inputs.

    Raises:
        InputError: The file is no table, or has no such column.
    """
    frame = _read(path)
    first, *others = dict.fromkeys(options.target or [frame.columns[-1]])
    y, more = _target(path, frame, first), {n: _target(path, frame, n) for n in others}
    columns = {name.replace("/", "_"): _column(frame[name]) for name in frame}
    if len(columns) < len(frame.columns):
        raise InputError(f'Expected columns of {path} that differ in more than "/" and "_".')
    return Examples(
        name=path.stem,
        splits={"train": Split(columns, y, more=more)},
        feature_names=tuple(columns),
        target=first,
    )


def _target(path: Path, frame: pd.DataFrame, target: str) -> np.ndarray:
    """Take a target out of a table."""
    if target not in frame:
        some = ", ".join(frame.columns[:20]) + (", …" if len(frame.columns) > 20 else "")
        raise InputError(
            f'Expected a target out of the columns {some}, received "{target}".'
            + did_you_mean(target, frame.columns)
        )
    y = frame.pop(target)
    return y.fillna("").to_numpy(object) if y.dtype == object else y.to_numpy()


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        separator = _check_lines(path)
        frame = pd.read_csv(
            path, sep=separator, encoding=ENCODING, skipinitialspace=True, low_memory=False
        )
    except (UnicodeDecodeError, csv.Error, pd.errors.ParserError) as error:
        raise InputError(
            f"Expected a CSV in UTF-8, but {path} cannot be read ({error})."
        ) from error
    frame.columns = frame.columns.str.strip()
    return frame


def _check_lines(path: Path) -> str:
    """Return the separator, and refuse what pandas would mend in silence.

    That is: lines that are too short or too long, and columns without a name of their own.
    """
    with path.open(encoding=ENCODING, newline="") as file:
        separator = max(",;\t", key=file.readline().count)
        file.seek(0)
        lines = csv.reader(file, delimiter=separator, skipinitialspace=True)
        header = [name.strip() for name in next(lines, [])]
        if len(header) < 2 or not all(header):
            raise InputError(
                f"Expected a first line in {path} that names 2 or more columns, with commas "
                f"between them, received {header}."
            )
        name, count = Counter(header).most_common(1)[0]
        if count > 1:
            raise InputError(
                f'Expected another name for each column of {path}, received "{name}" {count} times.'
            )
        for values in lines:
            if values and len(values) != len(header):
                raise InputError(
                    f"Expected {len(header)} values in each line of {path}, received "
                    f"{len(values)} in line {lines.line_num}: repair that line."
                )
    return separator


def _column(values: pd.Series) -> np.ndarray:
    import pandas as pd

    values = values.convert_dtypes()  # else true/false with a missing value is no number
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(np.float32, na_value=np.nan)
    return values.astype(object).fillna("").astype(str).to_numpy(object)
