"""New rows for columns that are known."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.sources.table_file import read_table_file
from data.tables.new_rows import read_new_rows

Write = Callable[..., str]

COLUMNS = (
    Column("km_h", "number", "km/h", {"decimal": ",", "thousands": "."}),
    Column("city", "category", "city"),
    Column("row", "left out", "row", note="it numbers the rows"),
    Column("seen", "date", "seen", {"date": "%d/%m/%Y"}),
)


def test_cells_are_read_as_those_of_the_training(write_csv: Write) -> None:
    path = write_csv("city;seen;km/h;y", "Bern ;01/02/2024;1.234,5;a", ";;?;b")
    values, unreadable = read_new_rows(Path(path), COLUMNS, ignored=["y"])

    assert unreadable == []
    assert values["km_h"][0] == 1234.5
    assert np.isnan(values["km_h"][1])
    assert values["city"].tolist() == ["Bern", ""]
    assert values["seen"].tolist() == ["2024-02-01", ""]


def test_dates_may_be_iso_dates_whatever_they_were_in_training(write_csv: Write) -> None:
    path = write_csv("city;seen;km/h", "a;2024-02-01;1", "b;01/02/2024;1", "c;2024-02-31;1", "d;;1")
    values, unreadable = read_new_rows(Path(path), COLUMNS)

    assert values["seen"].tolist() == ["2024-02-01", "2024-02-01", "", ""]
    assert [(row, text) for row, _, text in unreadable] == [(3, "2024-02-31")]


def test_a_thousand_stays_one_in_a_file_of_plain_numbers(write_csv: Write) -> None:
    path = write_csv("city;seen;km/h", "Bern;;1.234", "Bern;;2.345")

    assert read_new_rows(Path(path), COLUMNS)[0]["km_h"].tolist() == [1234, 2345]


def test_what_cannot_be_read_is_named(write_csv: Write) -> None:
    path = write_csv("city;seen;km/h", "a;01/02/2024;1,5", "b;soon;fast", "c;;inf")
    _, unreadable = read_new_rows(Path(path), COLUMNS)

    assert [(row, column.source, cell) for row, column, cell in unreadable] == [
        (2, "km/h", "fast"),
        (2, "seen", "soon"),
        (3, "km/h", "inf"),
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("cty,seen,km/h", '"city" is missing. Did you mean "cty"'),
        ("seen,row", '"km/h" is missing, as are 1 others'),
        ("city,seen,km/h,more", 'received "more": remove it'),
    ],
)
def test_other_columns_are_refused(write_csv: Write, header: str, message: str) -> None:
    path = write_csv(header, ",".join("1" * header.count(",")) + ",1")
    with pytest.raises(InputError, match=re.escape(message)):
        read_new_rows(Path(path), COLUMNS)


def test_columns_without_names_go_by_their_places(tmp_path: Path) -> None:
    lines = [f"{i * i}.5,{'ab'[i % 2]},{i},{'xy'[i % 2]}" for i in range(30)]
    path = tmp_path / "train.csv"
    path.write_text("\n".join(lines))
    examples = read_table_file(path, DataOptions())
    known = examples.columns
    assert [column.source for column in known] == ["column_1", "column_2", "column_3"]

    for name, kept in (("with.csv", lines), ("without.csv", [one[:-2] for one in lines])):
        (tmp_path / name).write_text("\n".join(kept))
        values, unreadable = read_new_rows(tmp_path / name, known, ignored=["column_4"])
        assert unreadable == []
        assert values["column_1"].tolist() == examples.splits["train"].x["column_1"].tolist()  # type: ignore[call-overload]
