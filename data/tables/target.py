"""The target of a table: numbers if all of its cells are, else the names of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.data_options import DataOptions
from data.errors import InputError
from data.tables.cells import as_codes, missing_numbers, numbers_from, texts_of
from data.tables.date_forms import date_form
from data.tables.kinds import examples_of, number_form

if TYPE_CHECKING:
    import pandas as pd

# With so many different values, a target that is mostly numbers is a quantity.
MOST_CLASSES = 20
MOST_NUMBERS = 0.8


def target_values(name: str, cells: pd.Series, options: DataOptions, decimal: str) -> np.ndarray:
    """Return a target, float64 or object texts `(n,)`; NaN or "" where a row has none.

    "None", "NA" and the like are names of classes, unless all others are numbers.

    Args:
        name: That of the column.
        cells: Numbers, or texts as they stand in the file.
        options: What is asked for.
        decimal: The sign for decimals, where the column leaves it open: "." or ",".

    Raises:
        InputError: Most are numbers, and nobody has said what the others are.
    """
    if cells.dtype.kind in "iuf" and name not in options.categorical:
        return cells.to_numpy(np.float64)
    texts = texts_of(cells)
    if name in options.categorical:
        return as_codes(texts)
    distinct, counts = np.unique(texts.astype(str), return_counts=True)
    missing = missing_numbers(distinct)
    real, counts = distinct[~missing].astype(object), counts[~missing]
    zeros = any(len(text) > 1 and text.isdecimal() and text[0] == "0" for text in real)
    if not len(real) or zeros:
        return texts
    form, unread = number_form(real, decimal)
    share = 1 - counts[unread].sum() / counts.sum()
    if share == 1 or name in options.numeric:
        return numbers_from(texts, form)[0]
    if share >= MOST_NUMBERS and len(real) > MOST_CLASSES:
        raise InputError(
            f'Expected numbers in the target "{name}", since {share:.0%} are, received '
            f"{examples_of(real[unread], counts[unread])}: --numeric {name} leaves those rows out, "
            f"--categorical {name} takes all for classes."
        )
    if len(real) > MOST_CLASSES and date_form(real, options.dates):
        raise InputError(
            f'Expected numbers or classes in the target "{name}", received dates such as '
            f'"{real[0]}": name another column with --target.'
        )
    return texts
