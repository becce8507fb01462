"""Classes with too few examples to divide."""

from collections.abc import Callable

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError

Write = Callable[..., str]
SIZES = {"a": 30, "b": 20, "c": 2, "d": 2, "e": 1}
Y = np.repeat(list(SIZES), list(SIZES.values()))
X = np.arange(len(Y), dtype=float)[:, np.newaxis]


def test_they_are_refused_with_the_ways_out(write_npz: Write) -> None:
    ways = r'class "e".* received 1: .*--rare-classes merge .*--rare-classes leave-out'
    with pytest.raises(InputError, match=ways) as refusal:
        load_dataset(write_npz(x=X, y=Y))
    assert "regression" not in str(refusal.value)

    with pytest.raises(InputError, match=r"a count or an amount, give --task regression"):
        load_dataset(write_npz(x=X, y=np.char.str_len(Y) + (Y == "e")))


def test_they_are_merged_into_one(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=Y), rare_classes="merge")

    assert dataset.class_names == ("a", "b", "other (merged)")
    assert dataset.notes[0] == (
        'classes c (2), d (2), e (1): too few of 3 examples that a class needs: merged into "other '
        '(merged)" (5 examples)'
    )
    for split in (dataset.train, dataset.validation, dataset.test):
        np.testing.assert_array_equal(
            split.y, np.searchsorted([30, 50], split.x[:, 0], side="right")
        )


@pytest.mark.parametrize(("how", "left"), [("leave-out", (50, 60)), ("merge", (52, 60))])
def test_they_are_left_out(write_npz: Write, how: str, left: tuple[int, int]) -> None:
    """Also one alone, which there is nothing to merge with."""
    y = Y if how == "leave-out" else np.where(X[:, 0] < 52, Y, "b")
    y = np.where(X[:, 0] >= 53, "b", y) if how == "merge" else y
    dataset = load_dataset(write_npz(x=X, y=y), rare_classes=how)

    assert dataset.class_names == ("a", "b")
    assert "left out" in dataset.notes[0]
    assert not any(np.isin(split.y, ("c",)).any() for split in (dataset.train, dataset.test))


def test_classes_that_stay_too_few_together_are_left_out(write_npz: Write) -> None:
    y = np.where(Y == "d", "a", np.where(Y == "c", "a", Y))
    y[-2] = "f"
    dataset = load_dataset(write_npz(x=X, y=y), rare_classes="merge")

    assert dataset.class_names == ("a", "b")
    assert "classes e (1), f (1): too few of 3" in dataset.notes[0]
    assert "left out (2 examples)" in dataset.notes[0]


def test_nothing_left_to_tell_apart_is_refused(write_npz: Write) -> None:
    with pytest.raises(InputError, match="2 classes with at least 3 examples each, received 1"):
        load_dataset(write_npz(x=X, y=(X[:, 0] < 2)), rare_classes="leave-out")


@pytest.mark.parametrize("folds", [3, 5, 8])
@pytest.mark.parametrize("how", ["merge", "leave-out"])
def test_folds_need_more(write_npz: Write, folds: int, how: str) -> None:
    """Whatever the size of a class, what is kept can be divided."""
    sizes = np.arange(1, 16)
    y = np.repeat(sizes, sizes).astype(str)
    path = write_npz(x=np.arange(len(y), dtype=float)[:, np.newaxis], y=y)
    for seed in range(3):
        dataset = load_dataset(path, seed, folds=folds, rare_classes=how)
        assert dataset.fold(folds - 1, folds).num_classes == dataset.num_classes
        assert dataset.num_classes >= 15 - folds - 2


def test_classes_that_only_a_test_has_can_be_left_out(write_npz: Write) -> None:
    common = Y[:50]
    path = write_npz(x_train=X[:50], y_train=common, x_test=X[40:], y_test=Y[40:])

    with pytest.raises(InputError, match=r'received none of class "c" \(2 in test\)'):
        load_dataset(path)
    assert len(load_dataset(path, rare_classes="leave-out").test) == 10


def test_names_and_free_text_keep_their_frequent_classes(write_npz: Write) -> None:
    y = np.array(["often"] * 12 + ["seldom"] * 8 + [f"once {i}" for i in range(20)])
    path = write_npz(x=X[:40], y=y)

    with pytest.raises(InputError, match="22 distinct targets in 40 examples"):
        load_dataset(path)
    assert load_dataset(path, rare_classes="leave-out").class_names == ("often", "seldom")
    assert len(load_dataset(path, rare_classes="merge").class_names) == 3
