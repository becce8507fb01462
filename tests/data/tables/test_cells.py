"""What the cells of a column say."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.columns import Column
from data.tables.cells import values_of

Cells = list[str] | list[str | None] | list[float]


def read(kind: str, cells: Cells, **form: Any) -> tuple[list[Any], list[bool]]:
    values, unreadable = values_of(Column("a", kind, format=form), pd.Series(cells))
    return values.tolist(), unreadable.tolist()


@pytest.mark.parametrize("mark", ["", " ", "?", "NA", "n/a", "NaN", "null", "None", "-", ".", None])
def test_a_mark_is_a_missing_number(mark: str | None) -> None:
    (one, missing), unreadable = read("number", [" 1.5 ", mark])

    assert one == 1.5
    assert np.isnan(missing)
    assert unreadable == [False, False]


@pytest.mark.parametrize(
    ("cell", "form", "number"),
    [
        ("1,5", {"decimal": ",", "thousands": ""}, 1.5),
        ("-1.234,5", {"decimal": ",", "thousands": "."}, -1234.5),
        ("1,234,567", {"decimal": ".", "thousands": ","}, 1234567),
        ("1\u00a0234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1’234.5", {"decimal": ".", "thousands": "'"}, 1234.5),  # noqa: RUF001
        ("12.5 %", {}, 12.5),
        ("$3", {}, 3),
        ("-€ 3.50", {}, -3.5),
        ("3.50 CHF", {}, 3.5),
        ("(3.50)", {}, -3.5),
        ("−3", {}, -3),  # noqa: RUF001
        ("1e-3", {}, 0.001),
        ("TRUE", {"truth": True}, 1),
        ("7.5 kg", {"unit": "kg"}, 7.5),
        ("23:30", {"clock": True}, 23.5),
        ("12:30 am", {"clock": True}, 0.5),
    ],
)
def test_numbers_are_read_as_people_write_them(
    cell: str, form: dict[str, Any], number: float
) -> None:
    assert read("number", [cell], **form) == ([number], [False])


@pytest.mark.parametrize("cell", ["abc", "1_000", "1,5", "12,34,5", "(3", "3 4", "٣", "1e", "0x1"])
def test_what_is_no_number_is_unreadable(cell: str) -> None:
    (value, one), unreadable = read("number", [cell, "1"], decimal=".", thousands=",")

    assert np.isnan(value)
    assert one == 1
    assert unreadable == [True, False]


def test_infinite_numbers_are_unreadable() -> None:
    assert read("number", ["inf", "-Infinity", "1"])[1] == [True, True, False]
    assert read("number", [np.inf, 1.0])[1] == [True, False]


def test_another_file_may_write_plainly() -> None:
    german = {"decimal": ",", "thousands": "."}

    assert read("number", ["1.234,5", "0.5"], **german)[1] == [False, True]
    assert read("number", ["1234.5", "0.5"], **german) == ([1234.5, 0.5], [False, False])


def test_categories_lose_blanks_and_marks_that_mean_nothing_else() -> None:
    cells = [" yes ", "yes", "NA", "None", "unknown", None]

    assert read("category", cells) == (["yes", "yes", "", "None", "unknown", ""], [False] * 6)


def test_codes_are_the_same_however_they_are_written() -> None:
    assert read("category", ["4", "4.0", "a"], code=True)[0] == ["4", "4", "a"]
    assert read("category", [4.0, np.nan], code=True)[0] == ["4", ""]


@pytest.mark.parametrize(
    ("cell", "form", "date"),
    [
        ("2024-02-01", "%Y-%m-%d", "2024-02-01"),
        ("1/2/2024", "%d/%m/%Y", "2024-02-01"),
        ("Feb 1, 2024", "%b %d, %Y", "2024-02-01"),
        ("2024-02-01 13:30", "%Y-%m-%d %H:%M", "2024-02-01 13:30:00"),
        ("2024-02-01T13:30:00+01:00", "%Y-%m-%dT%H:%M:%S%z", "2024-02-01 12:30:00"),
    ],
)
def test_dates_are_written_in_one_way(cell: str, form: str, date: str) -> None:
    dates = read("date", [cell, "", "NA", "31/31/31"], date=form)

    assert dates == ([date, "", "", ""], [False, False, False, True])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.data())
def test_numbers_are_the_same_with_marks_among_them(
    numbers: list[float], data: st.DataObject
) -> None:
    clean, _ = values_of(Column("a", "number"), pd.Series(numbers))
    assert clean.tolist() == numbers
    cells = data.draw(
        st.permutations([*map(repr, numbers), *data.draw(st.lists(st.sampled_from("?-. ")))])
    )
    marked, unreadable = values_of(Column("a", "number"), pd.Series(cells, dtype=object))

    assert sorted(marked[~np.isnan(marked)]) == sorted(numbers)
    assert not unreadable.any()
