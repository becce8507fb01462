"""Tables from files."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import DataOptions, Dataset, load_dataset
from data.errors import InputError
from data.sources.examples import Examples
from data.sources.table_file import read_table_file
from data.tables.new_rows import read_new_rows
from data.tables.table import read_table

Write = Callable[..., str]


def column(dataset: Dataset, name: str) -> np.ndarray:
    """Return a column with all examples of a dataset."""
    x = dataset.train.join(dataset.validation).join(dataset.test).x
    assert isinstance(x, dict)
    return x[name]


def test_columns_become_numbers_or_text_and_the_last_is_the_target(people_csv: str) -> None:
    dataset = load_dataset(people_csv)

    assert dataset.name == "table"
    assert dataset.task == "classification"
    assert dataset.class_names == ("no", "yes")
    assert dataset.feature_names == ("age", "my city_<script>", "member", "where")
    assert column(dataset, "age").dtype == np.float64
    assert np.isnan(column(dataset, "age")).sum() == 6
    assert set(column(dataset, "my city_<script>")) == {"Bern", "Delhi, India", ""}
    assert set(column(dataset, "where")) == {"a", "b"}


def test_true_and_false_are_numbers_also_with_missing_values(people_csv: str) -> None:
    member = column(load_dataset(people_csv), "member")

    assert member.dtype == np.float64
    assert set(member[~np.isnan(member)]) == {0.0, 1.0}
    assert np.isnan(member).any()


def test_target_can_be_any_column(people_csv: str) -> None:
    dataset = load_dataset(people_csv, target="where")

    assert dataset.class_names == ("a", "b")
    assert dataset.feature_names == ("age", "my city_<script>", "member", "bought")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_is_recognized(write_csv: Write, separator: str) -> None:
    lines = [["a", "b", "y"], *([str(i * i), f" {i % 3} text", str(i % 2)] for i in range(30))]
    dataset = load_dataset(write_csv(*(separator.join(line) for line in lines)))

    assert dataset.feature_names == ("a", "b")
    assert set(column(dataset, "b")) == {"0 text", "1 text", "2 text"}


def test_byte_order_mark_and_other_alphabets_are_read(write_csv: Write) -> None:
    lines = [f"{i},{('да', 'нет')[i % 2]}" for i in range(20)]
    dataset = load_dataset(write_csv("größe,y", *lines, encoding="utf-8-sig"))

    assert dataset.feature_names == ("größe",)
    assert dataset.class_names == ("да", "нет")


def test_what_tells_nothing_is_left_out(write_csv: Write) -> None:
    lines = (f"{i},,7,{i * i},only,id-{i},{i % 2}" for i in range(20))
    dataset = load_dataset(write_csv("row,empty,same,a,one,name,y", *lines))

    assert dataset.feature_names == ("a",)
    assert [(c.name, c.note.split(",")[0]) for c in dataset.columns if not c.is_input] == [
        ("row", "it numbers the rows; --numeric COLUMN keeps it"),
        ("empty", "empty"),
        ("same", "7 in each row"),
        ("one", '"only" in each row'),
        ("name", "texts that are (nearly) all different"),
    ]


ENOUGH = [f"{i * i},{i % 2}" for i in range(20)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([""], "names 2 or more columns"),
        (["a,y"], "at least 10 examples to learn from, received 0"),
        (["a,y", *ENOUGH[:6]], "at least 10 examples to learn from, received 6"),
        (["y", *"0101010101"], "names 2 or more columns"),
        (["a,", *ENOUGH], "a name for the last column"),
        (["a,a", *ENOUGH], 'another name for each column of .*, received "a" 2 times'),
        (
            ["a/b,a_b,y", *(f"{line[0]},{line}" for line in ENOUGH)],
            'differ in more than "/" and "_"',
        ),
        (["a,y", *ENOUGH, "1"], "Expected 2 values in each line of .*, received 1 in line 22"),
        (["a,y", *ENOUGH, "1,2,3"], "Expected 2 values in each line of .*, received 3 in line 22"),
        (["a,y", *ENOUGH, "inf,0"], r"finite numbers .* in a, received 1"),
        (["a,y", *ENOUGH, "1e99,0"], r"finite numbers .* in a, received 1"),
        (["a,y", *(f"{i},same" for i in range(20))], '"same" in all 20 examples'),
        (["a,y", *ENOUGH, "1,2"], 'of class "2", one for each split, received 1'),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    write_csv: Write, lines: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        load_dataset(write_csv(*lines))
    assert "\n" not in str(refusal.value)


def test_unknown_target_is_refused_with_the_columns(people_csv: str) -> None:
    with pytest.raises(
        InputError, match=r'age, .*, bought, received "bougt".*Did you mean "bought"'
    ):
        load_dataset(people_csv, target="bougt")


def test_windows_1252_is_read_and_said(write_csv: Write) -> None:
    dataset = load_dataset(write_csv("größe,y", *ENOUGH, encoding="cp1252"))

    assert dataset.feature_names == ("größe",)
    assert "table.csv: not UTF-8, read as Windows-1252" in dataset.notes


def mixed(rows: int = 60) -> list[tuple[float, float]]:
    rng = np.random.default_rng(0)
    return [(a, b) for a, b in rng.normal(size=(rows, 2)).round(3).tolist()]


def test_a_mark_for_missing_is_what_an_empty_cell_is(write_csv: Write) -> None:
    def cells(mark: str) -> list[str]:
        return [
            f"{mark if i % 9 == 4 else 70 + i * i}.0,{a},{b}" for i, (a, b) in enumerate(mixed())
        ]

    lines = [line.replace("?.0", "?") for line in cells("?")]
    marked = load_dataset(write_csv("power,weight,mpg", *lines), target="mpg")
    lines = [line.replace("?", "") for line in lines]
    empty = load_dataset(write_csv("power,weight,mpg", *lines), target="mpg")

    assert marked.columns[0].note == '7 "?" taken as missing'
    assert np.array_equal(column(marked, "power"), column(empty, "power"), equal_nan=True)


def test_decimal_commas_are_read_in_columns_and_target(write_csv: Write) -> None:
    plain = [f"{a};{b};{a + b:.3f}" for a, b in mixed()]
    dataset = load_dataset(write_csv("x;y;z", *(line.replace(".", ",") for line in plain)))
    control = load_dataset(write_csv("x;y;z", *plain))

    assert dataset.task == "regression"
    assert np.array_equal(column(dataset, "x"), column(control, "x"))
    assert np.array_equal(dataset.train.y, control.train.y)
    assert dataset.columns[0].note.endswith(f"read as {mixed()[0][0]}")


@pytest.mark.parametrize("sign", ["", "$", "%"])
def test_thousands_are_read_in_columns_and_target(write_csv: Write, sign: str) -> None:
    def cell(number: int) -> str:
        text = f"{number:,}"
        return f'"{text}%"' if sign == "%" else f'"{sign}{text}"'

    lines = [
        f"{cell(1000 + i * i)},{a},{cell(200_000 + 1_000 * i)}" for i, (a, _) in enumerate(mixed())
    ]
    dataset = load_dataset(write_csv("area,x,price", *lines))

    assert dataset.task == "regression"
    assert column(dataset, "area").max() == 1000 + 59**2
    assert dataset.train.y.max() <= 259_000
    assert "1,000" in dataset.columns[0].note


def test_blanks_around_texts_do_not_count(write_csv: Write) -> None:
    lines = [f"{a},{b},{('yes ', 'yes', 'no ', ' no')[i % 4]}" for i, (a, b) in enumerate(mixed())]

    assert load_dataset(write_csv("a,b,answer", *lines)).class_names == ("no", "yes")


def test_classes_may_be_called_none(write_csv: Write) -> None:
    for name in ("None", "NA", "null", "N/A"):
        lines = [f"{a},{b},{(name, 'Apnea')[i % 2]}" for i, (a, b) in enumerate(mixed())]
        dataset = load_dataset(write_csv("a,b,disorder", *lines))

        assert set(dataset.class_names) == {name, "Apnea"}


def test_a_first_column_without_a_name_is_left_out(write_csv: Write) -> None:
    lines = [f"{i * 3},{a},{b},{'ab'[i % 2]}" for i, (a, b) in enumerate(mixed())]
    dataset = load_dataset(write_csv(",a,b,label", *lines))

    assert dataset.feature_names == ("a", "b")
    assert "without a name" in dataset.columns[0].note


def test_the_order_of_the_file_does_not_leak(write_csv: Write) -> None:
    lines = [f"{i + 1},{a},{b},{'abc'[i // 20]}" for i, (a, b) in enumerate(mixed())]
    dataset = load_dataset(write_csv("Id,a,b,species", *lines))

    assert dataset.feature_names == ("a", "b")
    assert "numbers the rows" in dataset.columns[0].note
    kept = load_dataset(write_csv("Id,a,b,species", *lines), numeric=("Id",), drop=("b",))
    assert kept.feature_names == ("Id", "a")


def test_what_float32_would_lose_survives(write_csv: Write) -> None:
    lines = [f"{691_000 + abs(a)},{b},{'ab'[i % 2]}" for i, (a, b) in enumerate(mixed())]
    values = column(load_dataset(write_csv("easting,b,soil", *lines)), "easting")

    assert len(set(values)) > 50
    assert values.dtype == np.float64


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"drop": ("aa",)}, 'after --drop, received "aa".*Did you mean "a"'),
        ({"numeric": ("a",), "categorical": ("a",)}, "--numeric and --categorical"),
        ({"drop": ("y",), "target": "y"}, '"y" is what is to be predicted, and --drop'),
        ({"numeric": ("t",)}, 'Expected numbers in "t", as --numeric says'),
        ({"drop": ("a", "t")}, "all are left out"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    write_csv: Write, asked: dict[str, Any], message: str
) -> None:
    lines = [f"{a},{'uv'[i % 2]},{i % 2}" for i, (a, _) in enumerate(mixed())]
    with pytest.raises(InputError, match=message):
        load_dataset(write_csv("a,t,y", *lines), **asked)


def test_a_target_that_is_mostly_numbers_is_asked_about(write_csv: Write) -> None:
    lines = [f"{a},{'n/s' if i == 5 else b}" for i, (a, b) in enumerate(mixed())]
    with pytest.raises(InputError, match='target "y", since 98% are, received "n/s": --numeric y'):
        load_dataset(write_csv("a,y", *lines))
    assert np.isnan(examples(write_csv("a,y", *lines), numeric=("y",)).splits["train"].y).sum() == 1


def test_a_target_of_dates_is_refused(write_csv: Write) -> None:
    lines = [f"{a},2024-{1 + i % 12:02}-{1 + i % 28:02}" for i, (a, _) in enumerate(mixed())]
    with pytest.raises(InputError, match='dates such as "2024-01-01": name another column'):
        load_dataset(write_csv("a,y", *lines))


def test_rows_without_a_target_have_none(write_csv: Write) -> None:
    lines = [f"{a},{('u', 'v', '')[i % 3]}" for i, (a, _) in enumerate(mixed())]

    assert (examples(write_csv("a,y", *lines)).splits["train"].y == "").sum() == 20


def examples(path: str, **asked: Any) -> Examples:
    return read_table_file(Path(path), DataOptions(**asked))


CELLS = st.one_of(
    st.integers(-(10**6), 10**20).map(str),
    st.floats().map(repr),
    st.floats(-9999, 9999).map(lambda x: f"{x:.2f}".replace(".", ",")),
    st.sampled_from(
        ["?", "NA", "None", "-", "", " ", '"', "'", "\u00a0", "007", "12%", "$3", "TRUE"]
    ),
    st.sampled_from(["2024-01-31", "31/01/2024", "1/2/24", "é;ü", "a,b", "a\nb", "x\ty", "|"]),
    st.text(max_size=6),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=14),
    st.booleans(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_table_is_examples_or_refused(
    tmp_path: Path, rows: list[list[str]], named: bool, separator: str, encoding: str, quoting: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["a", "b", "c"]] * named + rows)
    path = tmp_path / "any.csv"
    path.write_bytes(text.getvalue().encode(encoding, "replace"))
    try:
        read = read_table_file(path, DataOptions())
    except InputError:
        return
    x = read.splits["train"].x
    assert isinstance(x, dict)
    inputs = [column for column in read.columns if column.is_input]
    assert list(x) == [column.name for column in inputs]
    # What was read is read again as new rows; of those that are empty, too.
    new, _ = read_new_rows(path, read.columns, ignored=set(read_table(path).frame))
    for column in inputs:
        values, again = x[column.name], new[column.name]
        if column.kind == "number":
            assert values.dtype == np.float64
            values, again = values[~np.isnan(values)], again[~np.isnan(again)]
        else:
            assert all(isinstance(value, str) for value in values)
            values, again = values[values != ""], again[again != ""]
        assert values.tolist() == again.tolist()
