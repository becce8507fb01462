"""What is said of the columns of a table."""

from data.columns import Column
from data.tables.description import column_lines


def test_columns_are_counted_by_kind_and_what_was_noticed_is_said() -> None:
    columns = [
        Column("a", "number", note='6 "?" taken as missing'),
        Column("b", "number"),
        Column("c", "category", note="warning: 90% are numbers (--numeric COLUMN)"),
        Column("Id", "left out", note="it numbers the rows; --numeric COLUMN keeps it"),
    ]

    assert column_lines(columns) == [
        "2 numbers: a, b",
        "1 category column: c",
        "left out: Id (it numbers the rows; --numeric Id keeps it)",
        'a: 6 "?" taken as missing',
        "warning: c: 90% are numbers (--numeric c)",
    ]


def test_many_columns_take_few_lines() -> None:
    columns = [Column(f"x{i}", "number", note=f'"{i},5" read as {i}.5') for i in range(700)]
    lines = column_lines(columns)

    assert len(lines) == 2
    assert lines[0].endswith("x11, … and 688 more")
    assert lines[1].endswith('and 688 more: "0,5" read as 0.5, and likewise')


def test_arrays_have_nothing_to_say() -> None:
    assert column_lines([]) == []
