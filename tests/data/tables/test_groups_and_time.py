"""The columns of --groups and --time."""

from collections.abc import Callable

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError

Write = Callable[..., str]


def test_groups_and_times_are_no_features_and_said(write_csv: Write) -> None:
    lines = [f"{i // 4},2024-01-{i // 2 + 10},{i % 7},{i % 2}" for i in range(40)]
    dataset = load_dataset(write_csv("who,day,a,y", *lines), groups="who", time="day")
    assert dataset.feature_names == ("a",)
    left_out = {c.source: c.note for c in dataset.columns if c.kind == "left out"}
    assert left_out == {"who": "groups the rows (--groups)", "day": "orders the rows (--time)"}
    assert dataset.train.groups is not None
    assert dataset.notes[-2].startswith("who: each value is in one split: ")
    assert dataset.notes[-1].startswith("day: the splits follow each other: train 2024-01-10 to ")


@pytest.mark.parametrize(
    "times",
    [
        lambda i: f"{i:03}",
        lambda i: f"{i / 4}",
        lambda i: f"{1 + i % 28:02}.{1 + i // 28:02}.2024",
        lambda i: f"{1 + i // 28:02}/{1 + i % 28:02}/2024",
        lambda i: f"2024-01-01 00:{i:02}:00",
    ],
)
def test_numbers_and_dates_order_rows(write_csv: Write, times: Callable[[int], str]) -> None:
    order = np.random.default_rng(0).permutation(50)
    dataset = load_dataset(
        write_csv("when,a,y", *(f"{times(i)},{i},{i % 2}" for i in order)), time="when"
    )
    parts = [sorted(dataset[name].x["a"]) for name in ("train", "validation", "test")]  # type: ignore[index]
    assert np.concatenate(parts).tolist() == list(range(50))
    assert [len(part) for part in parts] == [34, 8, 8]


@pytest.mark.parametrize(
    ("option", "name", "cell", "message"),
    [
        ("time", "b", "soon", '--time: expected numbers or dates in column "b".*"soon"'),
        ("time", "b", "", "--time: expected a value in every row .* 20 rows without"),
        ("groups", "b", "", "--groups: expected a value in every row .* 20 rows without"),
        ("time", "b", "{:02}/01/2024", "the day or the month: give --dates day-first"),
        ("groups", "z", "1", '--groups: expected a column out of a, b, y, received "z"'),
        ("groups", "y", "1", '--groups: expected a column beside the target, but "y"'),
    ],
)
def test_what_is_no_group_or_time_is_refused(
    write_csv: Write, option: str, name: str, cell: str, message: str
) -> None:
    lines = [f"{i},{(cell if i % 2 else '13/02/2024').format(i % 12)},{i % 2}" for i in range(40)]
    if cell == "{:02}/01/2024":
        lines = [f"{i},{cell.format(1 + i % 12)},{i % 2}" for i in range(40)]
    with pytest.raises(InputError, match=message):
        load_dataset(write_csv("a,b,y", *lines), **{option: name})


def test_what_dates_begin_with_decides_the_order(write_csv: Write) -> None:
    lines = [f"{1 + i % 12:02}/{1 + i // 12:02}/2024,{i},{i / 7}" for i in range(144)]
    path = write_csv("day,a,y", *lines)
    by_month = load_dataset(path, time="day", dates="month-first")
    by_day = load_dataset(path, time="day", dates="day-first")
    assert by_month.test.time is not None
    assert by_day.test.time is not None
    assert {*by_month.test.time, *by_day.test.time} <= {
        *(f"2024-{m}-{d:02}" for m in (11, 12) for d in range(1, 13))
    }
    assert isinstance(by_month.test.x, dict)
    assert isinstance(by_day.test.x, dict)
    assert set(by_month.test.x["a"] % 12) == {10, 11}  # November and December come first.
    assert min(by_day.test.x["a"]) >= 120


def test_groups_of_what_is_no_table_are_refused() -> None:
    with pytest.raises(InputError, match="--groups names a column of a table, and wine is none"):
        load_dataset("wine", groups="alcohol")


def test_groups_and_times_make_other_data(write_csv: Write) -> None:
    lines = [f"{i % 10},{i},{i % 9},{i % 2}" for i in range(40)]
    path = write_csv("who,day,a,y", *lines)
    asked: list[dict[str, str]] = [{}, {"groups": "who"}, {"time": "day"}, {"groups": "day"}]
    assert len({load_dataset(path, **one).fingerprint for one in asked}) == 4  # type: ignore[arg-type]
