"""Splits and folds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import Dataset, Split, load_dataset
from data.errors import InputError
from data.sources.examples import Examples
from data.splitting import draw_splits

class_sizes = st.lists(st.integers(3, 60), min_size=2, max_size=8)
seeds = st.integers(0, 2**32 - 1)


def examples_of(sizes: list[int]) -> tuple[Examples, tuple[str, ...]]:
    """Return numbered examples of classes with these sizes, and the names of the classes."""
    y = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    x = np.arange(len(y), dtype=np.float32)[:, np.newaxis]
    return Examples(name="numbered", splits={"train": Split(x, y)}), tuple(
        map(str, range(len(sizes)))
    )


def dataset_of(sizes: list[int], seed: int) -> Dataset:
    """Return a dataset with classes of these sizes."""
    examples, class_names = examples_of(sizes)
    return Dataset(
        name="numbered",
        task="classification",
        **draw_splits(examples, class_names, seed),
        feature_names=("number",),
        class_names=class_names,
        seed=seed,
    )


def numbers(*splits: Split) -> list[int]:
    return sorted(int(x) for split in splits for x in split.x[:, 0])


@given(class_sizes, seeds)
def test_splits_divide_the_examples_and_keep_the_classes(sizes: list[int], seed: int) -> None:
    examples, class_names = examples_of(sizes)
    splits = draw_splits(examples, class_names, seed)
    total = sum(sizes)

    assert set(splits) == {"train", "validation", "test"}
    assert numbers(*splits.values()) == list(range(total))
    assert set(splits["train"].y) == set(range(len(sizes)))
    assert len(splits["test"]) == len(splits["validation"])
    assert len(splits["test"]) == max(round(0.15 * total), len(sizes))
    for split in splits.values():
        expected = np.array(sizes) * len(split) / total
        assert (np.abs(np.bincount(split.y, minlength=len(sizes)) - expected) <= 2).all()


@given(class_sizes, seeds)
def test_the_same_seed_draws_the_same_splits(sizes: list[int], seed: int) -> None:
    first, second = dataset_of(sizes, seed), dataset_of(sizes, seed)

    for name in ("train", "validation", "test"):
        np.testing.assert_array_equal(first[name].x, second[name].x)


def test_another_seed_draws_other_splits() -> None:
    assert numbers(dataset_of([30, 30], 0).test) != numbers(dataset_of([30, 30], 1).test)


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
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(x.std(axis=0), 1, atol=1e-4)


def test_folds_of_a_regression() -> None:
    dataset = load_dataset("diabetes")
    sizes = [len(dataset.fold(k, 5).validation) for k in range(5)]

    assert sum(sizes) == len(dataset.train) + len(dataset.validation)
    assert max(sizes) - min(sizes) <= 1


def test_the_validation_split_can_be_trained_on() -> None:
    dataset = load_dataset("wine")
    whole = dataset.with_validation_in_training()

    np.testing.assert_array_equal(
        whole.train.x, np.concatenate([dataset.train.x, dataset.validation.x])
    )
    assert whole.test is dataset.test
    assert whole.fingerprint != dataset.fingerprint
    np.testing.assert_allclose(whole.preprocessed("train").x.mean(axis=0), 0, atol=1e-5)


def test_classes_too_small_for_the_folds_are_refused() -> None:
    with pytest.raises(InputError, match=r'4 examples of class "1", one for each of 4 folds.* 3'):
        dataset_of([30, 4], 0).fold(0, 4)


@pytest.mark.parametrize("size", [1, 2])
def test_classes_too_small_for_the_splits_are_refused(size: int) -> None:
    with pytest.raises(InputError, match=f'3 examples of class "1".* received {size}'):
        dataset_of([30, size], 0)
