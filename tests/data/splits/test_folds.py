"""Folds."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import RobustScaler

from data import Dataset, Split, load_dataset
from data.errors import InputError
from data.splits.folds import fold_indices
from tests.data.splits.test_splitting import (
    class_sizes,
    dataset_of,
    grouped,
    numbers,
    rows,
    seeds,
    shared,
)


@settings(deadline=None)
@given(class_sizes, seeds, st.integers(2, 5))
def test_folds_divide_train_and_validation_and_leave_the_test(
    sizes: list[int], seed: int, folds: int
) -> None:
    dataset = dataset_of([size + 10 for size in sizes], seed)
    parts = [dataset.fold(k, folds) for k in range(folds)]
    everything = numbers(dataset.train, dataset.validation)

    assert numbers(*(part.validation for part in parts)) == everything
    for part in parts:
        assert numbers(part.train, part.validation) == everything
        assert part.test is dataset.test
        shares = np.bincount(part.validation.y)
        expected = np.bincount(dataset.train.join(dataset.validation).y) / folds
        assert (np.abs(shares - expected) < 1).all()


def test_folds_are_datasets_of_their_own() -> None:
    dataset = load_dataset("wine")
    first, second = dataset.fold(0, 3), dataset.fold(1, 3)

    assert len({dataset.fingerprint, first.fingerprint, second.fingerprint}) == 3
    assert first.fingerprint == dataset.fold(0, 3).fingerprint
    assert first.fingerprint != load_dataset("wine", seed=1).fold(0, 3).fingerprint
    for fold in (first, second):
        x = fold.preprocessed("train").x
        scaled = RobustScaler().fit_transform(fold.train.x)  # Statistics of its own.
        np.testing.assert_allclose(x, scaled / np.sqrt(1 + (scaled / 3) ** 2), atol=1e-5)


def test_folds_of_a_regression() -> None:
    dataset = load_dataset("diabetes")
    sizes = [len(dataset.fold(k, 5).validation) for k in range(5)]

    assert sum(sizes) == len(dataset.train) + len(dataset.validation)
    assert max(sizes) - min(sizes) <= 1


def test_classes_too_small_for_the_folds_are_refused() -> None:
    with pytest.raises(InputError, match=r'4 examples of class "1", one for each of 4 folds.* 3'):
        dataset_of([30, 4], 0).fold(0, 4)


def folds_of(
    split: Split, names: tuple[str, ...], folds: int, repeats: int = 1
) -> list[list[Split]]:
    """Return the training and the validation part of each fold."""
    divided = (
        fold_indices(split, names, k, folds, seed=0, repeats=repeats)
        for k in range(folds * repeats)
    )
    return [[split.take(part) for part in fold] for fold in divided]


@given(rows(), st.integers(2, 6), st.booleans())
def test_folds_keep_groups_together(
    drawn: tuple[np.ndarray, np.ndarray], folds: int, classes: bool
) -> None:
    y, groups = drawn
    examples, names = grouped(y, groups, classes=classes)
    split = examples.splits["train"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of scikit-learn, on small classes.
            parts = folds_of(split, names, folds)
    except InputError:
        return
    assert numbers(*(validation for _, validation in parts)) == list(range(len(y)))
    for train, validation in parts:
        assert len(train) + len(validation) == len(y)
        assert not shared(train, validation)
        assert not classes or set(train.y) == set(y)


@given(rows(), st.lists(st.integers(0, 9), min_size=1), st.integers(2, 5), st.booleans())
def test_folds_train_on_what_was_before(
    drawn: tuple[np.ndarray, np.ndarray], times: list[int], folds: int, with_groups: bool
) -> None:
    y, groups = drawn
    time = np.resize(times, len(y)).astype(float)
    examples, _ = grouped(y, groups if with_groups else None, time, classes=False)
    split = examples.splits["train"]
    try:
        parts = folds_of(split, (), folds)
    except InputError:
        return
    for train, validation in parts:
        if with_groups:
            assert not shared(train, validation)
            assert train.time.max() <= validation.time.max()  # type: ignore[union-attr]
        else:
            assert train.time.max() < validation.time.min()  # type: ignore[union-attr]
    sizes = [len(train) for train, _ in parts]
    assert sizes == sorted(sizes)  # The window grows.
    assert max(numbers(parts[-1][1])) <= len(y)
    validated = numbers(*(validation for _, validation in parts))
    assert len(validated) == len(set(validated))


def test_repeats_divide_groups_in_other_ways_and_time_in_one() -> None:
    y, groups = np.arange(200) % 2, np.arange(200) // 4
    examples, names = grouped(y, groups)
    parts = folds_of(examples.splits["train"], names, 3, repeats=2)
    first, second = ({tuple(numbers(v)) for _, v in parts[i : i + 3]} for i in (0, 3))
    assert not first & second
    ordered, _ = grouped(y, None, np.arange(200))
    with pytest.raises(InputError, match="--repeats 2, but in the order of time there is one way"):
        fold_indices(ordered.splits["train"], names, 0, 3, 0, repeats=2)


@pytest.mark.parametrize(
    ("groups", "time", "message"),
    [
        (np.arange(40) % 3, None, "at least 4 groups, one for each of 4 folds, received 3"),
        (None, np.arange(40) % 4, "at least 5 different times, one more than the 4 folds, .* 4"),
        (None, np.arange(40), 'of fold 0 of 4, received none of class "1".*too late in time'),
    ],
)
def test_too_few_groups_or_times_for_the_folds_are_refused(
    groups: np.ndarray | None, time: np.ndarray | None, message: str
) -> None:
    examples, names = grouped((np.arange(40) >= 15).astype(int), groups, time)
    with pytest.raises(InputError, match=message):
        fold_indices(examples.splits["train"], names, 0, 4, 0, 1)


def own_validation(**beside: np.ndarray) -> Dataset:
    """Return a dataset whose source says what is for validation."""
    dataset = dataclasses.replace(dataset_of([30, 30], 0), own_validation=True)
    parts, begin = {}, 0
    for name in ("train", "validation", "test"):
        end = begin + len(dataset[name])
        some = {what: values[begin:end] for what, values in beside.items()}
        parts[name], begin = dataclasses.replace(dataset[name], **some), end
    return dataclasses.replace(dataset, **parts)  # type: ignore[arg-type]


def test_what_a_source_keeps_apart_is_not_mixed() -> None:
    with pytest.raises(
        InputError, match=r"validation examples of its own.*--groups COLUMN.*--folds"
    ):
        own_validation().fold(0, 3)
    fold = own_validation(groups=np.arange(60) // 5).fold(0, 3)
    assert not shared(fold.train, fold.validation)
    fold = own_validation(time=np.arange(60)).fold(2, 3)
    assert fold.train.time.max() < fold.validation.time.min()  # type: ignore[union-attr]
    assert own_validation().with_validation_in_training().own_validation
