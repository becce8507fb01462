"""The task, the classes, and targets as numbers."""

from collections.abc import Callable

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError

Write = Callable[..., str]
N = 60
X = np.arange(N, dtype=float)[:, np.newaxis]


@pytest.mark.parametrize(
    ("y", "task", "class_names"),
    [
        (np.arange(N) % 3 + 5, "classification", ("5", "6", "7")),
        (np.arange(N) % 2 * 1.0, "classification", ("0", "1")),
        (np.arange(N) % 2 == 0, "classification", ("False", "True")),
        (np.array(["b", "a"] * 30), "classification", ("a", "b")),
        (np.arange(N) % 20, "classification", tuple(map(str, range(20)))),
        (np.arange(N) % 21, "regression", ()),
        (np.arange(N) % 3 + 0.5, "regression", ()),
        (np.arange(N) * 1.0, "regression", ()),
    ],
)
def test_task_follows_from_the_targets(
    write_npz: Write, y: np.ndarray, task: str, class_names: tuple[str, ...]
) -> None:
    dataset = load_dataset(write_npz(x=X, y=y))

    assert dataset.task == task
    assert dataset.class_names == class_names
    assert dataset.train.y.dtype == (np.int32 if class_names else np.float32)


def test_targets_stay_with_their_inputs(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=np.array(["c", "a", "b"] * 20)))

    for split in (dataset.train, dataset.validation, dataset.test):
        assert isinstance(split.x, np.ndarray)
        np.testing.assert_array_equal(split.y, (split.x[:, 0].astype(int) + 2) % 3)


def test_task_can_be_chosen(write_npz: Write) -> None:
    half_steps = write_npz(x=X, y=np.arange(N) % 3 + 0.5)

    assert load_dataset(half_steps, task="classification").class_names == ("0.5", "1.5", "2.5")
    assert load_dataset("digits", task="regression").task == "regression"


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        (np.arange(N), "classification", "received 60 distinct targets in 60 examples"),
        (np.arange(N) % 3, "clasification", 'Did you mean "classification"'),
        (np.array(["b", "a"] * 30), "regression", 'received text such as "b"'),
        (np.array(["a"] * N), "auto", '"a" in all 60 examples'),
        (np.where(np.arange(N) == 3, np.inf, 1.5), "auto", "received 1 that are NaN or infinite"),
        (np.arange(N) * 1e300, "regression", "fit in 32 bits"),
        (np.arange(N) // 2 * 0.1, "classification", "30 distinct targets"),
        (np.arange(N) // 59, "auto", 'at least 3 examples of class "1"'),
    ],
)
def test_targets_that_do_not_suit_the_task_are_refused(
    write_npz: Write, y: np.ndarray, task: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(write_npz(x=X, y=y), task=task)


def test_many_fractions_are_no_classes(write_npz: Write) -> None:
    path = write_npz(x=np.zeros((300, 1)), y=np.arange(300) % 30 * 0.1)

    with pytest.raises(InputError, match=r"30 distinct targets in 300 examples.*--task regression"):
        load_dataset(path, task="classification")
