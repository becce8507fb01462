"""Splits."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import RobustScaler

from data import Dataset, Split, load_dataset
from data.errors import InputError
from data.sources.examples import Examples
from data.splits.splitting import division_notes, draw_splits

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


def test_the_validation_split_can_be_trained_on() -> None:
    dataset = load_dataset("wine")
    whole = dataset.with_validation_in_training()

    np.testing.assert_array_equal(
        whole.train.x, np.concatenate([dataset.train.x, dataset.validation.x])
    )
    assert whole.test is dataset.test
    assert whole.fingerprint != dataset.fingerprint
    # Its statistics are those of all that it trains on.
    scaled = RobustScaler().fit_transform(whole.train.x[:, :1])[:, 0]
    first = scaled / np.sqrt(1 + (scaled / 3) ** 2)
    np.testing.assert_allclose(whole.preprocessed("train").x[:, 0], first, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2])
def test_classes_too_small_for_the_splits_are_refused(size: int) -> None:
    with pytest.raises(InputError, match=f'3 examples of class "1".* received {size}'):
        dataset_of([30, size], 0)


def grouped(
    y: np.ndarray, groups: np.ndarray | None, time: np.ndarray | None = None, classes: bool = True
) -> tuple[Examples, tuple[str, ...]]:
    """Return numbered examples, and the names of the classes."""
    x = np.arange(len(y), dtype=np.float32)[:, np.newaxis]
    names = tuple(map(str, range(int(y.max()) + 1))) if classes else ()
    split = Split(x, y.astype(np.int32 if classes else np.float32), groups=groups, time=time)
    return Examples(name="numbered", splits={"train": split}), names


def shared(one: Split, other: Split) -> set[object]:
    assert one.groups is not None
    assert other.groups is not None
    return set(one.groups.tolist()) & set(other.groups.tolist())


def no_leak(splits: dict[str, Split], examples: int) -> None:
    """Check that the splits hold all examples, and no group is on two sides."""
    assert numbers(*splits.values()) == list(range(examples))
    assert all(len(split) for split in splits.values())
    for one, other in itertools.combinations(splits.values(), 2):
        if one.groups is not None:
            assert not shared(one, other)


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Classes and groups of any size; a class may be that of a whole group."""
    sizes = draw(st.lists(st.integers(1, 30), min_size=1, max_size=40))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    dice, classes = np.random.default_rng(draw(seeds)), draw(st.integers(1, 5))
    by_group = draw(st.booleans())
    y = dice.integers(0, classes, len(sizes))[groups] if by_group else None
    return dice.integers(0, classes, len(groups)) if y is None else y, groups


@given(rows(), seeds, st.booleans())
def test_groups_stay_in_one_split(
    drawn: tuple[np.ndarray, np.ndarray], seed: int, classes: bool
) -> None:
    y, groups = drawn
    examples, class_names = grouped(y, groups, classes=classes)
    try:
        splits = draw_splits(examples, class_names, seed)
    except InputError:
        return
    no_leak(splits, len(y))
    if classes:
        assert set(splits["train"].y) == set(y)


@given(rows(), st.lists(st.integers(0, 9), min_size=1), st.booleans())
def test_splits_follow_time(
    drawn: tuple[np.ndarray, np.ndarray], times: list[int], with_groups: bool
) -> None:
    y, groups = drawn
    time = np.resize(times, len(y)).astype(float)
    examples, _ = grouped(y, groups if with_groups else None, time, classes=False)
    try:
        splits = draw_splits(examples, (), 0)
    except InputError:
        held_out = np.unique(time, return_counts=True)[1][-2:]
        assert len(set(times)) < 3 or with_groups or len(y) < 3 or held_out.max() > len(y) / 3
        return
    no_leak(splits, len(y))
    for one, other in itertools.pairwise(splits.values()):
        if with_groups:  # Groups follow each other by their latest times.
            first = {g: time[groups == g].max() for g in one.groups.tolist()}  # type: ignore[union-attr]
            then = {g: time[groups == g].max() for g in other.groups.tolist()}  # type: ignore[union-attr]
            assert max(first.values()) < min(then.values())
        else:
            assert one.time.max() < other.time.min()  # type: ignore[union-attr]


def test_many_examples_of_early_times_leave_room_for_later_splits() -> None:
    time = np.repeat([0.0, 1.0, 2.0, 3.0], [6, 7, 1, 1])
    examples, _ = grouped(np.zeros(15, int), None, time, classes=False)
    sizes = {name: len(split) for name, split in draw_splits(examples, (), 0).items()}

    assert sizes == {"train": 13, "validation": 1, "test": 1}


def test_groups_are_drawn_in_proportion_to_examples_and_classes() -> None:
    dice = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), dice.integers(1, 60, 60))
    y = (groups % 4 == 0).astype(int)
    for seed in range(5):
        splits = draw_splits(*grouped(y, groups), seed)
        for name in ("validation", "test"):
            assert abs(len(splits[name]) / len(y) - 0.15) < 0.03
            assert abs(splits[name].y.mean() - y.mean()) < 0.05
    again = draw_splits(*grouped(y, groups), 4)
    assert numbers(again["test"]) == numbers(splits["test"])
    assert numbers(draw_splits(*grouped(y, groups), 3)["test"]) != numbers(splits["test"])


def test_examples_of_one_time_stay_together_and_the_latest_are_for_the_test() -> None:
    time = np.array(["2023-12-31", "2024-01-02", "2024-02-01", "2023-12-31"] * 5, object)
    splits = draw_splits(*grouped(np.arange(20), None, time, classes=False), 0)
    told = {name: set(split.time) for name, split in splits.items()}  # type: ignore[arg-type]
    assert told == {"train": {"2023-12-31"}, "validation": {"2024-01-02"}, "test": {"2024-02-01"}}


@pytest.mark.parametrize(
    ("groups", "time", "message"),
    [
        (np.arange(20) % 2, None, "at least 3 groups, one for each split, received 2.*--groups"),
        (None, np.arange(20) % 2, "at least 3 different times, .*received 2.*--time"),
        (np.arange(20) % 5, np.arange(20) // 10, "times at which groups end.*received 1"),
        (None, np.minimum(np.arange(20), 2), "1 for training and 18 in test"),
        (None, np.arange(20)[::-1], 'none of class "1".* too late in time'),
        (np.minimum(np.arange(20) // 5, 2), None, 'none of class "1".*too few groups'),
        (None, np.where(np.arange(20) == 3, np.nan, 1.0), "time for every example.* NaN"),
    ],
)
def test_what_cannot_be_divided_is_refused(
    groups: np.ndarray | None, time: np.ndarray | None, message: str
) -> None:
    y = (np.arange(20) < 5).astype(int)
    with pytest.raises(InputError, match=message):
        draw_splits(*grouped(y, groups, time), 0)


def given_splits(groups: list[list[int]] | None, time: list[list[float]] | None) -> Examples:
    """Return a source that has all splits itself."""
    splits = {}
    for i, name in enumerate(("train", "validation", "test")):
        y = np.arange(20) % 2
        parts = (None if p is None else np.resize(p[i], 20) for p in (groups, time))
        splits[name] = Split(np.zeros((20, 1)), y, None, {}, *parts)
    return Examples(name="own", splits=splits)


def test_a_source_that_divides_groups_or_mixes_times_is_refused() -> None:
    draw_splits(given_splits([[1, 2], [3], [4]], [[1, 9], [9], [0]]), ("a", "b"), 0)
    draw_splits(given_splits(None, [[1, 2], [2, 3], [3]]), ("a", "b"), 0)
    with pytest.raises(InputError, match='1 both in train and in test, such as "2"'):
        draw_splits(given_splits([[1, 2], [3], [2]], None), ("a", "b"), 0)
    with pytest.raises(
        InputError, match=r"test examples to be later .* until 5, received some of 4"
    ):
        draw_splits(given_splits(None, [[1, 2], [3, 5], [4]]), ("a", "b"), 0)


def test_a_class_that_training_lacks_is_named() -> None:
    examples = given_splits(None, None)
    examples.splits["train"].y[:] = 0
    with pytest.raises(InputError, match=r'none of class "b" \(10 in validation, 10 in test\)'):
        draw_splits(examples, ("a", "b"), 0)


def test_groups_in_one_split_alone_are_refused() -> None:
    examples = given_splits([[1], [2], [3]], None)
    splits = examples.splits | {"test": Split(np.zeros((20, 1)), np.arange(20) % 2)}
    with pytest.raises(InputError, match=r"groups in every split or in none.*train, validation"):
        draw_splits(Examples(name="own", splits=splits), ("a", "b"), 0)


def test_what_was_drawn_is_said() -> None:
    splits = draw_splits(given_splits([[1, 2], [3], [4]], [[1], [2], [2.5]]), ("a", "b"), 0)
    assert list(division_notes(splits, "patient", "day")) == [
        "patient: each value is in one split: 2 in train, 1 in validation, 1 in test",
        "day: the splits follow each other: train 1 to 1, validation 2 to 2, test 2.5 to 2.5",
    ]
