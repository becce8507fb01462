"""Arrays from an .npz."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError

Write = Callable[..., str]
Y = np.arange(40) % 4
X = np.arange(120, dtype=float).reshape(40, 3)


def test_columns_with_text_targets(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=np.array(list("abcd"))[Y]))

    assert dataset.class_names == ("a", "b", "c", "d")
    assert dataset.train.x.dtype == np.float32
    assert dataset.train.x.shape == (28, 3)


def test_grey_images_get_a_channel_and_bytes_stay_bytes(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=np.zeros((40, 5, 6), np.uint8), y=Y))

    assert dataset.train.x.shape == (28, 5, 6, 1)
    assert dataset.train.x.dtype == np.uint8


def test_own_splits_are_kept_as_they_are(write_npz: Write) -> None:
    dataset = load_dataset(
        write_npz(
            x_train=X, y_train=Y, x_val=X[:8] + 1, y_val=Y[:8, None], x_test=X[:4] + 2, y_test=Y[:4]
        )
    )

    np.testing.assert_array_equal(dataset.train.x, X)
    np.testing.assert_array_equal(dataset.validation.x, X[:8] + 1)
    np.testing.assert_array_equal(dataset.validation.y, Y[:8])
    np.testing.assert_array_equal(dataset.test.x, X[:4] + 2)


def test_validation_is_drawn_from_training_data_if_only_a_test_is_given(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4]))

    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [34, 6, 4]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "x is missing; received no arrays"),
        ({"images": X, "labels": Y}, "x is missing; received images, labels"),
        ({"x_train": X, "y": Y}, "y_train is missing; received x_train, y"),
        ({"x": X, "y": Y[:3]}, r"y in .* hold 40 .* received int64 of shape \(3,\)"),
        ({"x": X, "y": np.eye(40)}, r"y in .* received float64 of shape \(40, 40\)"),
        ({"x": X[:, 0], "y": Y}, r"x in .* received float64 of shape \(40,\)"),
        ({"x": X[:, :0], "y": Y}, r"x in .* received float64 of shape \(40, 0\)"),
        ({"x": X.astype(str), "y": Y}, "x in .* to hold numbers"),
        ({"x": X.astype(complex), "y": Y}, "x in .* to hold numbers"),
        ({"x": X, "y": np.where(Y == 1, np.nan, Y)}, "a target for every example, received 10"),
        ({"x": np.where(X == 5, np.nan, X), "y": Y}, r"x \(train\), received 1"),
        ({"x": np.where(X == 5, 1e99, X), "y": Y}, r"x \(train\), received 1"),
        ({"x": X[:5], "y": Y[:5]}, "at least 10 examples"),
        (
            {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y},
            "the same shape in every x",
        ),
        (
            {"x_train": X, "y_train": Y % 2, "x_test": X, "y_test": Y},
            'none of class "2" .10 in test',
        ),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(
    write_npz: Write, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        load_dataset(write_npz(**arrays))
    assert "\n" not in str(refusal.value)


class Trap:
    """An object that leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("place", ["x", "y", "another"])
def test_pickles_are_never_loaded(write_npz: Write, tmp_path: Path, place: str) -> None:
    mark = tmp_path / "mark"
    arrays = {"x": X, "y": Y, place: np.array([Trap(mark)] * 40, dtype=object)}

    with pytest.raises(InputError, match="pickled objects, which are never loaded"):
        load_dataset(write_npz(**arrays))
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x03\x04 cut off"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)

    with pytest.raises(InputError, match="damaged"):
        load_dataset(str(path))


def test_a_pickle_with_the_name_of_an_npz_is_not_loaded(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "pickle.npz"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "mark")))

    with pytest.raises(InputError, match="never loaded"):
        load_dataset(str(path))
    assert not (tmp_path / "mark").exists()


def test_weights_are_read_for_each_split(write_npz: Write) -> None:
    dataset = load_dataset(
        write_npz(x_train=X, y_train=Y, weights_train=np.arange(40), x_test=X[:4], y_test=Y[:4])
    )
    weights = np.concatenate([dataset["train"].weights, dataset["validation"].weights])
    rows = np.concatenate([dataset["train"].x, dataset["validation"].x])
    assert (weights.dtype, dataset.test.weights) == (np.float32, None)
    np.testing.assert_array_equal(weights, rows[:, 0] / 3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"weights": Y[:3]}, r"weights in .* hold 40 numbers, .* received int64 of shape \(3,\)"),
        ({"weights": np.array(list("abcd"))[Y]}, "weights in .* hold 40 numbers, .* received <U1"),
        ({"weights_train": Y}, "as weights, named as x and y are, received weights_train"),
        ({"weights": Y - 1.0}, r"weights of 0 or more \(train\), received 10 .* such as -1"),
        ({"weights": np.where(Y, 1, np.nan)}, "received 10 that are negative, infinite or NaN"),
        ({"weights": 0 * Y}, r"weights above 0 \(train\), received 40 of 0"),
    ],
)
def test_what_are_no_weights_is_refused(
    write_npz: Write, weights: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(write_npz(x=X, y=Y, **weights))
