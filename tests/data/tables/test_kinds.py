"""What columns are taken for."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.tables.kinds import column_of

ROWS = 30


def taken(
    make: Callable[[int], object] | Sequence[object],
    name: str = "a",
    decimal: str = ".",
    **asked: Any,
) -> Column:
    cells = [make(i) for i in range(ROWS)] if callable(make) else list(make)
    return column_of(name, pd.Series(cells), DataOptions(**asked), decimal)


def test_a_number_column_with_marks_is_one_and_says_so() -> None:
    column = taken(lambda i: "?" if i % 10 == 3 else f"{i * i}.5")

    assert (column.kind, column.note) == ("number", '3 "?" taken as missing')


@pytest.mark.parametrize(
    ("cells", "form", "note"),
    [
        (["0,346", "12,5", "-1,3"], {"decimal": ",", "thousands": ""}, '"0,346" read as 0.346'),
        (["8,458", "1,234", "77"], {"decimal": ".", "thousands": ","}, '"8,458" read as 8458'),
        (["1.234,5", "3", "2,5"], {"decimal": ",", "thousands": "."}, '"1.234,5" read as 1234.5'),
        (["12.5%", "3 %", "4"], {}, '"12.5%" read as 12.5'),
        (["$1,200", "$3", "-$7.5"], {"decimal": ".", "thousands": ","}, '"$1,200" read as 1200'),
        (["12 kg", "3.5 kg", "7kg"], {"unit": "kg"}, '"12 kg" read as 12'),
        (["12,5 km/h", "3 km/h"], {"decimal": ",", "thousands": "", "unit": "km/h"}, '"12,5 km/h"'),
        (["10:30", "23:15:36", "00:00"], {"clock": True}, '"10:30" read as 10.5'),
        (["1:30 pm", "12:15 AM"], {"clock": True}, '"1:30 pm" read as 13.5'),
        (["1 234", "5", "99"], {"decimal": ".", "thousands": " "}, '"1 234" read as 1234'),
    ],
)
def test_other_ways_to_write_numbers_are_said(
    cells: list[str], form: dict[str, str], note: str
) -> None:
    column = taken(cells)

    assert (column.kind, column.format) == ("number", form)
    assert column.note.startswith(note)


def test_what_a_comma_means_may_be_known_from_other_columns() -> None:
    cells = ["8,458", "1,234", "2,345"]

    assert taken(cells, decimal=",").format == {"decimal": ",", "thousands": ""}
    thousands = taken(["8.458", "1.234", "12"], decimal=",")
    assert thousands.format == {"decimal": ",", "thousands": "."}
    assert '"8.458" read as 8458' in thousands.note
    assert taken(["8.4", "1.2", "12"], decimal=",").format == {}


def test_most_are_numbers_but_not_all() -> None:
    cells = [*map(str, range(50)), "n/s", "n/s", "12 (est)"]
    column = taken(cells)

    assert column.kind == "category"
    assert column.note.startswith('warning: 94% are numbers, but "n/s", "12 (est)" in 3 rows')
    assert "--numeric COLUMN" in column.note
    asked = taken(cells, numeric=("a",))
    assert (asked.kind, asked.format) == ("number", {"missing": ["12 (est)", "n/s"]})
    assert '3 that are no numbers ("n/s", "12 (est)"): missing' in asked.note


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match=r'numbers in "a", as --numeric says, .* such as "Bern"'):
        taken(["Bern"] * 20 + ["Rome"], numeric=("a",))


def test_true_and_false_are_numbers() -> None:
    column = taken(["TRUE", "False", "", "NA"])

    assert (column.kind, column.format) == ("number", {"truth": True})


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["2024-01-31", "2024-02-01", ""], "%Y-%m-%d"),
        (["31/01/2024", "01/02/2024"], "%d/%m/%Y"),
        (["01/31/2024", "02/01/2024"], "%m/%d/%Y"),
        (["31.1.2024", "1.2.2024"], "%d.%m.%Y"),
        (["Jan 31, 2024", "Feb 1, 2024"], "%b %d, %Y"),
        (["2024-01-31 10:30:00", "2024-02-01 11:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["2024-01-31T10:30:00Z", "2024-02-01T11:00:00Z"], "%Y-%m-%dT%H:%M:%S%z"),
        ([20240131, 20240201, 20240203], "%Y%m%d"),
        (["2024-01", "2024-02"], "%Y-%m"),
    ],
)
def test_dates_are_recognized(cells: list[object], form: str) -> None:
    column = taken(cells * 5)

    assert (column.kind, column.format) == ("date", {"date": form})


def test_dates_in_both_orders_follow_the_option_or_the_sorting_and_are_said() -> None:
    cells = ["03/04/2024", "05/01/2024", "02/09/2024"]
    column = taken(cells)

    assert column.format == {"date": "%m/%d/%Y"}
    assert column.note == 'dates such as "03/04/2024" read with the month first (--dates overrules)'
    assert taken(cells, dates="day-first").format == {"date": "%d/%m/%Y"}
    assert taken(["03/04/2024", "01/05/2024", "02/06/2024"]).format == {"date": "%d/%m/%Y"}


@pytest.mark.parametrize(
    "cells", [["2000-1", "2000-2"], ["1.2.3.4", "1.2.3.5"], ["10-20", "20-30"]]
)
def test_not_all_that_looks_like_dates_is_one(cells: list[str]) -> None:
    assert taken(cells * 10).kind == "category"


@pytest.mark.parametrize("first", [0, 1])
def test_what_numbers_the_rows_is_left_out(first: int) -> None:
    column = taken(lambda i: first + i)

    assert (column.kind, column.note) == (
        "left out",
        "it numbers the rows; --numeric COLUMN keeps it",
    )
    assert taken(lambda i: first + i, numeric=("a",)).kind == "number"


@pytest.mark.parametrize("name", ["Id", "PassengerId", "patient_id", "rownames", "userid", "No."])
def test_different_numbers_are_no_feature_if_they_are_called_so(name: str) -> None:
    assert taken(lambda i: 1000 + i * i, name=name).kind == "left out"


@pytest.mark.parametrize("name", ["year", "acid", "bid", "paid", "width", "price"])
def test_a_series_is_none(name: str) -> None:
    assert taken(lambda i: 1947 + i, name=name).kind == "number"
    assert taken(lambda i: i + 1, name="year").kind == "number"


def test_an_identifier_that_repeats_is_named() -> None:
    column = taken(lambda i: 100 + i // 2, name="patient_id")

    assert column.kind == "number"
    assert "--groups COLUMN" in column.note


def test_few_whole_numbers_are_quantities_and_said() -> None:
    column = taken(lambda i: 4 + 2 * (i % 3), name="cylinders")

    assert (column.kind, "--categorical COLUMN" in column.note) == ("number", True)
    codes = taken(lambda i: i % 3, name="cylinders", categorical=("cylinders",))
    assert (codes.kind, codes.format) == ("category", {"code": True})


def test_long_codes_are_quantities_and_said() -> None:
    column = taken(lambda i: 9780000000000 + 7919 * i * i, name="isbn")
    note = "13 digits each, taken as quantities (--drop COLUMN for codes)"

    assert (column.kind, column.note) == ("number", note)
    for others in (
        lambda i: 9780000000000 + i % 5,  # Few of them.
        lambda i: 7 ** (i % 20),  # Of all lengths.
        lambda i: 10000000.5 + i,
        lambda i: -10000000 - 3 * i * i,
    ):
        assert "digits" not in taken(others, name="isbn").note
    assert not taken(lambda i: 9780000000000 + 7 * i * i, name="isbn", numeric=("isbn",)).note


def test_a_minus_beside_a_plus_is_a_category() -> None:
    column = taken(lambda i: "+-"[i % 2])

    assert (column.kind, column.format, column.note) == ("category", {"values": ["-"]}, "")


def test_a_number_that_may_stand_for_missing_is_named() -> None:
    column = taken(lambda i: -999 if i % 7 == 0 else i * 1.5)

    assert column.note == "warning: -999 in 5 rows may stand for missing (empty those cells)"
    assert not taken(lambda i: i * 100.0 - 999).note


def test_zeros_before_whole_numbers_make_codes() -> None:
    column = taken(lambda i: ("01234", "98765", "00501")[i % 3])

    assert (column.kind, column.format) == ("category", {})
    assert column.note.startswith('codes such as "01234"')


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda i: f"id-{i}", "left out"),
        (lambda i: f"{i:08x}-0000-4000-8000-{i:012x}", "left out"),
        (lambda i: f"Braund {i}, Mr. Owen Harris", "left out"),
        (lambda i: f"it took {i} weeks to arrive, would not buy again", "text"),
        (lambda i: ("Bern", "Rome", "Oslo")[i % 3], "category"),
        (lambda i: f"city {i // 2}", "category"),
    ],
)
def test_texts_are_categories_free_text_or_names(make: Callable[[int], str], kind: str) -> None:
    assert taken(make).kind == kind


@pytest.mark.parametrize("value", ["", "NA", 7, 1.5, "only", "true"])
def test_what_is_the_same_everywhere_is_left_out(value: object) -> None:
    assert taken([value] * ROWS).kind == "left out"


def test_options_decide() -> None:
    assert taken(lambda i: f"id-{i}", categorical=("a",)).kind == "category"
    assert taken(lambda i: f"id-{i}", text=("a",)).kind == "text"


def test_names_lose_what_keras_does_not_allow() -> None:
    column = taken(lambda i: i * i, name="km/h")

    assert (column.name, column.source) == ("km_h", "km/h")
