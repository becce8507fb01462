"""From a table to what a model sees."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import Dataset, Inputs, Split
from data.columns import Column, columns_of, packed
from data.form import Form
from data.preprocessing import packed_tables as module
from data.preprocessing.layout import Part

NAN = float("nan")


def table(kinds: dict[str, str] | None = None, **columns: list[float] | list[str]) -> Dataset:
    """Return a dataset with these columns in every split; texts are categories by default."""
    x: Inputs = {
        name: np.array(values, object if isinstance(values[0], str) else np.float64)
        for name, values in columns.items()
    }
    split = Split(x, np.zeros(len(next(iter(columns.values()))), np.int32))
    return Dataset(
        name="table",
        task="classification",
        train=split,
        validation=split,
        test=split,
        feature_names=tuple(columns),
        class_names=("no", "yes"),
        seed=0,
        columns=tuple(
            dataclasses.replace(column, kind=(kinds or {}).get(column.name, column.kind))
            for column in columns_of(x)
        ),
    )


def preprocess(dataset: Dataset, **columns: list[float] | list[str]) -> np.ndarray:
    """Return other raw columns, preprocessed as the dataset is."""
    return np.asarray(dataset.preprocessing(packed(table(**columns).train.x, dataset.columns)))


def test_numbers_are_normalized_by_training_data() -> None:
    dataset = table(a=[0.0, 2.0, 4.0], b=[10.0, 10.0, 40.0], c=[5.0, 5.0, 5.0])

    # The quartiles of a are 1 and 3, those of b 10 and 25, and c stays as it is, from its median.
    scaled = np.array([[0, 10 / 15, 0], [6 / 2, 10 / 15, 1]])
    np.testing.assert_allclose(
        preprocess(dataset, a=[2, 8], b=[20, 20], c=[5, 6]),
        scaled / np.sqrt(1 + (scaled / 3) ** 2),
        atol=1e-5,
    )


def test_an_outlier_weighs_no_more_than_three() -> None:
    dataset = table(a=[1.0, 2.0, 3.0, 4.0, 1e12], rare=[0.0, 0.0, 0.0, 0.0, 8.0])
    x = dataset.preprocessed("train").x

    assert x.max() == pytest.approx(3)
    np.testing.assert_allclose(np.ptp(x[:4, 0]), 1.5, atol=0.15)  # What is usual stays apart.
    # Where the quartiles are equal, half of the range is 1.
    np.testing.assert_allclose(x[:, 1], [0, 0, 0, 0, 2 / np.sqrt(1 + 4 / 9)], atol=1e-5)


def test_differences_that_32_bits_lose_survive() -> None:
    small = np.random.default_rng(0).normal(size=50)
    large, plain = table(a=(5e6 + small / 100).tolist()), table(a=small.tolist())

    assert len(np.unique(np.float32(5e6 + small / 100))) == 1
    np.testing.assert_allclose(
        large.preprocessed("train").x, plain.preprocessed("train").x, atol=1e-5
    )


def test_missing_numbers_count_as_the_median_and_are_flagged() -> None:
    dataset = table(a=[1.0, NAN, 3.0], b=[1.0, 2.0, 3.0])

    assert dataset.input_shape == (3,)
    np.testing.assert_allclose(
        preprocess(dataset, a=[NAN, 2, 2], b=[2, 2, NAN]), [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    )


def clipped(x: list[float]) -> list[float]:
    """Return numbers as the smooth clip leaves them; a flag of 0 stays."""
    return [value / math.sqrt(1 + (value / 3) ** 2) for value in x]


def test_constant_and_empty_columns_stay_finite() -> None:
    dataset = table(same=[7.0, 7.0, 7.0], empty=[NAN, NAN, NAN])

    np.testing.assert_allclose(
        preprocess(dataset, same=[7, 8], empty=[NAN, 5]), [[0, 0, 1], clipped([1, 5, 0])], atol=1e-5
    )


def test_texts_are_one_hot_and_a_missing_one_is_a_category() -> None:
    dataset = table(a=["x", "x", "x", "", "", "y", "y"])

    np.testing.assert_array_equal(
        preprocess(dataset, a=["x", "", "y"]), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    )


def test_unknown_texts_are_zeros_unless_training_data_had_rare_ones() -> None:
    without = table(a=["x", "x", "y", "y"])
    with_rare = table(a=["x", "x", "y", "y", "rare"])

    np.testing.assert_array_equal(preprocess(without, a=["new"]), [[0, 0]])
    np.testing.assert_array_equal(preprocess(with_rare, a=["new", "rare"]), [[1, 0, 0], [1, 0, 0]])


def test_a_column_of_identifiers_says_nothing() -> None:
    dataset = table(id=[f"id-{i}" for i in range(100)], a=[1.0] * 100)
    x = dataset.preprocessed("train").x

    assert x.shape[1] <= 3
    assert (x == x[0]).all()


MANY = [f"c{i}" for i in range(60)]


def test_many_categories_are_indices_and_the_rare_share_one() -> None:
    dataset = table(a=[1.0, 2.0] * 61 + [0.0], b=["c7", *MANY, *MANY, "rare", "last"])

    assert dataset.layout.parts == (Part("numbers", 0, 1), Part("category", 1, 1, 61))
    found = preprocess(dataset, a=[1.0] * 4, b=["c7", "rare", "new", "c0"])[:, 1]
    assert found[:3].tolist() == [1, 0, 0]  # The most frequent comes first.
    assert found[3] > 1
    assert len(np.unique(dataset.preprocessed("train").x[:, 1])) == 61


def test_for_a_model_of_ones_own_many_categories_are_one_hot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = dataclasses.replace(table(a=MANY + MANY), form=Form())

    assert dataset.layout.plain
    np.testing.assert_array_equal(dataset.preprocessed("train").x.sum(axis=1), 1)
    assert dataset.input_shape == (60,)

    monkeypatch.setattr(module, "MOST_CATEGORY_FEATURES", 2)
    few = dataclasses.replace(table(a=["x", "x", "x", "y", "y", "y", "z", "z"]), form=Form())
    np.testing.assert_array_equal(
        preprocess(few, a=["x", "y", "z"]), [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    )


def test_dates_are_normalized_and_one_flag_says_where_they_are_missing() -> None:
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    whole = table({"when": "date"}, when=days)
    gaps = table({"when": "date"}, when=["", *days], a=[1.0] * 31)
    x = gaps.preprocessed("train").x

    assert whole.input_shape == (6,)
    assert gaps.input_shape == (8,)
    np.testing.assert_allclose(np.median(x, axis=0)[:-1], 0, atol=1e-6)
    np.testing.assert_array_equal(x[0], [0] * 7 + [1])
    unclipped = x[1:, 2] / np.sqrt(1 - (x[1:, 2] / 3) ** 2)
    assert np.corrcoef(unclipped, range(30))[0, 1] == pytest.approx(1)


def test_times_are_read_where_training_data_have_some() -> None:
    hours = [f"2024-01-02 {hour:02}:30:00" for hour in range(24)]
    dataset = table({"when": "date"}, when=hours)

    assert dataset.input_shape == (8,)
    assert len(np.unique(dataset.preprocessed("train").x.round(4), axis=0)) == 24


TEXTS = ["good and cheap", "bad and dear", "good", "", "bad bad bad"]


def test_texts_are_indices_of_words_at_the_end() -> None:
    dataset = table({"said": "text"}, said=TEXTS, stars=[1.0, 2, 3, 4, 5])

    assert dataset.layout.parts == (Part("numbers", 0, 1), Part("words", 1, 3, 5))
    assert preprocess(dataset, said=["good dear", ""], stars=[3, 3]).tolist() == [
        [0, *preprocess(dataset, said=["good"], stars=[3])[0, 1:2], 1, 0],
        [0, 0, 0, 0],
    ]


def test_for_a_model_of_ones_own_texts_are_features() -> None:
    dataset = dataclasses.replace(table({"said": "text"}, said=TEXTS), form=Form())
    x = dataset.preprocessed("train").x

    assert dataset.layout.plain
    assert dataset.input_shape == (4,)  # Three words, and all others.
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), [1, 1, 1, 0, 1], atol=1e-6)


def test_each_fold_has_its_own_vocabulary() -> None:
    dataset = table(a=MANY + MANY)
    half = np.arange(60)
    y = np.arange(120, dtype=np.int32) % 2
    split = Split(dataset.train.x, y)
    dataset = dataclasses.replace(dataset, train=split.take(half), validation=split.take(half + 60))

    assert dataset.fold(0, 2).layout != dataset.with_validation_in_training().layout


def test_columns_may_have_any_name() -> None:
    names = ["encode", "trained", "x", "normalize", "a b", "<script>", "größe", "a.b", "0", "isnan"]
    dataset = table(**{name: [1.0, NAN] for name in names}, string_lookup=["a", "a"])

    assert dataset.preprocessed("train").x.shape == (2, 21)


cells = {
    "number": st.one_of(st.just(NAN), st.floats(-1e30, 1e30)),
    "category": st.text(max_size=3),
    "date": st.one_of(st.just(""), st.dates().map(str), st.datetimes().map(str), st.text()),
    "text": st.text(max_size=30),
}


@settings(max_examples=15)
@given(st.data(), st.sampled_from([Form(), Form(indices=True)]))
def test_any_table_becomes_finite_numbers(data: st.DataObject, form: Form) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(cells)), min_size=1, max_size=4))
    rows = data.draw(st.integers(1, 6))
    columns = {
        f"{i} {kind}": data.draw(st.lists(cells[kind], min_size=rows, max_size=rows))
        for i, kind in enumerate(kinds)
    }
    described = tuple(Column(name, name.split()[1]) for name in columns)
    dataset = dataclasses.replace(table(**columns), columns=described, form=form)
    x = dataset.preprocessed("train").x

    assert x.shape == (rows, sum(part.length for part in dataset.layout.parts))
    assert np.isfinite(x).all()
