"""Tables from files."""

from collections.abc import Callable

import numpy as np
import pytest

from data import Dataset, load_dataset
from data.errors import InputError

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
        (["a,y", *ENOUGH, "inf,0"], r"finite numbers .* in a \(train\), received 1"),
        (["a,y", *ENOUGH, "1e99,0"], r"finite numbers .* in a \(train\), received 1"),
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
