"""Examples without a target."""

from collections.abc import Callable

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError

Write = Callable[..., str]
X = np.arange(40.0)[:, np.newaxis]


@pytest.mark.parametrize(
    "y",
    [
        np.where(X[:, 0] < 5, np.nan, X[:, 0] % 2),
        np.where(X[:, 0] < 5, np.nan, X[:, 0] + 0.5),
        np.where(X[:, 0] < 5, " ", np.where(X[:, 0] % 2, "NA", "None")),
        np.column_stack([np.where(X[:, 0] < 5, np.nan, X[:, 0]), X[:, 0]]),
    ],
)
def test_rows_without_a_target_are_left_out_and_counted(write_npz: Write, y: np.ndarray) -> None:
    dataset = load_dataset(write_npz(x=X, y=y, weights=X[:, 0]))
    splits = [dataset.train, dataset.validation, dataset.test]

    assert dataset.notes[0] == "target y: 5 rows without a value left out"
    assert sorted(x for split in splits for x in split.x[:, 0]) == list(range(5, 40))
    for split in splits:
        np.testing.assert_array_equal(split.weights, split.x[:, 0])


def test_a_row_of_a_table_needs_all_its_targets(write_csv: Write) -> None:
    lines = [f"{i},{'' if i < 2 else i % 2},{'' if 1 <= i < 4 else 'ab'[i % 2]}" for i in range(40)]
    dataset = load_dataset(write_csv("a,y,z", *lines), target=["z", "y"])

    assert dataset.notes[0] == "target z: 4 rows without a value left out"
    assert dataset.class_names == ("a", "b")
    assert dataset.more_targets["y"].class_names == ("0", "1")


def test_too_few_that_are_left_are_refused(write_npz: Write) -> None:
    y = np.where(X[:, 0] < 35, np.nan, X[:, 0])
    with pytest.raises(InputError, match="at least 10 examples to learn from, received 5"):
        load_dataset(write_npz(x=X, y=y))
