"""From raw inputs to what a model sees."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from data import Dataset, Inputs, Split, load_dataset, with_preprocessing
from data import table_preprocessing as module
from data.columns import Column, packed
from data.form import Form
from data.layout import Part

Write = Callable[..., str]
NAN = float("nan")


def table(**columns: list[float] | list[str]) -> Dataset:
    """Return a dataset with these columns in every split."""
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
    )


def preprocess(dataset: Dataset, **columns: list[float] | list[str]) -> np.ndarray:
    """Return other raw columns, preprocessed as the dataset is."""
    x = table(**columns).train.x
    assert isinstance(x, dict)
    return np.asarray(dataset.preprocessing(packed(x, dataset.table_columns)))


def test_numbers_are_normalized_by_training_data() -> None:
    dataset = table(a=[0.0, 2.0, 4.0], b=[10.0, 10.0, 40.0])

    np.testing.assert_allclose(
        preprocess(dataset, a=[2, 8], b=[20, 20]), [[0, 0], [3.674, 0]], atol=1e-3
    )


@pytest.mark.parametrize("name", ["digits", "diabetes", "people_csv", "image_folder"])
def test_nothing_is_learned_from_validation_and_test_data(
    name: str, request: pytest.FixtureRequest
) -> None:
    """The same training examples give the same preprocessing, whatever the others are."""
    if name in ("people_csv", "image_folder"):
        name = str(request.getfixturevalue(name))
    dataset = load_dataset(name)
    few = dataset.validation.take(np.array([0, 0]))
    other = dataclasses.replace(dataset, validation=few, test=few)

    np.testing.assert_array_equal(dataset.preprocessed("train").x, other.preprocessed("train").x)


def test_images_are_normalized_by_channel(write_npz: Write) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers([0, 100], [100, 200], (40, 6, 6, 2), dtype=np.uint8)
    train = load_dataset(write_npz(x=x, y=np.arange(40) % 2)).preprocessed("train").x

    np.testing.assert_allclose(train.mean(axis=(0, 1, 2)), [0, 0], atol=1e-5)
    np.testing.assert_allclose(train.std(axis=(0, 1, 2)), [1, 1], atol=1e-5)


def test_missing_numbers_count_as_the_mean_and_are_flagged() -> None:
    dataset = table(a=[1.0, NAN, 3.0], b=[1.0, 2.0, 3.0])

    assert dataset.input_shape == (3,)
    np.testing.assert_allclose(
        preprocess(dataset, a=[NAN, 2, 2], b=[2, 2, NAN]), [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    )


def test_constant_and_empty_columns_stay_finite() -> None:
    dataset = table(same=[7.0, 7.0, 7.0], empty=[NAN, NAN, NAN])

    np.testing.assert_allclose(
        preprocess(dataset, same=[7, 8], empty=[NAN, 5]), [[0, 0, 1], [1, 5, 0]]
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


def test_many_categories_are_embedded_by_the_shipped_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_ONE_HOT", 2)
    dataset = table(a=["x", "x", "x", "y", "y", "y", "z", "z"], b=[1.0] * 8)

    assert dataset.layout.parts == (Part("numbers", 0, 1), Part("category", 1, 1, 4))
    np.testing.assert_array_equal(
        preprocess(dataset, a=["x", "y", "z", "new"], b=[1.0] * 4)[:, 1], [1, 2, 3, 0]
    )


def test_a_model_of_ones_own_gets_each_of_many_categories_as_a_feature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_ONE_HOT", 2)
    dataset = dataclasses.replace(table(a=["x", "x", "x", "y", "y", "z", "z"]), form=Form())

    np.testing.assert_array_equal(preprocess(dataset, a=["x", "y", "z"]), np.eye(3))


def test_a_small_difference_of_large_numbers_survives() -> None:
    dataset = table(easting=[5_334_000.01, 5_334_000.02, 5_334_000.03])

    np.testing.assert_allclose(
        preprocess(dataset, easting=[5_334_000.01, 5_334_000.02]), [[-1.2247], [0]], atol=1e-3
    )


def test_dates_become_numbers_and_unreadable_ones_are_missing() -> None:
    days = ["2023-01-02", "2023-06-15", "2024-02-29", "2024-12-31", ""]
    bare = table(when=list(days))
    dataset = dataclasses.replace(bare, columns=(Column("when", "date"),))
    known = preprocess(dataset, when=list(days))

    assert np.isfinite(known).all()
    assert len(np.unique(known[:4], axis=0)) == 4
    since = known[:4, 1]  # the days since 1970
    assert (np.diff(since) > 0).all()
    np.testing.assert_allclose(
        np.diff(since) / (since[3] - since[0]), np.array([164, 259, 306]) / 729, atol=1e-3
    )
    np.testing.assert_array_equal(preprocess(dataset, when=["no date"])[0], known[4])


def test_a_column_of_identifiers_says_nothing() -> None:
    dataset = table(id=[f"id-{i}" for i in range(100)], a=[1.0] * 100)
    x = dataset.preprocessed("train").x

    assert x.shape[1] <= 3
    assert (x == x[0]).all()


def test_columns_may_have_any_name() -> None:
    names = ["encode", "trained", "x", "normalize", "a b", "<script>", "größe", "a.b", "0", "isnan"]
    dataset = table(**{name: [1.0, NAN] for name in names}, string_lookup=["a", "a"])

    border = with_preprocessing(keras.Sequential([keras.layers.Dense(1)]), dataset)
    assert [x.name for x in border.inputs] == [*names, "string_lookup"]
    assert dataset.preprocessed("train").x.shape == (2, 21)


def test_images_of_any_size_are_resized(image_folder: Path) -> None:
    preprocessing = load_dataset(str(image_folder)).preprocessing

    assert preprocessing(np.zeros((2, 30, 17, 1))).shape == (2, 6, 5, 1)


@pytest.fixture
def half_precision() -> Iterator[None]:
    """Computes in 16 bits, as people do on a GPU."""
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("name", ["digits", "people_csv", "image_folder"])
def test_half_precision_begins_after_preprocessing(
    name: str, request: pytest.FixtureRequest, half_precision: None
) -> None:
    if name in ("people_csv", "image_folder"):
        name = str(request.getfixturevalue(name))
    in_half_precision = load_dataset(name).preprocessed("train").x
    keras.config.set_dtype_policy("float32")

    assert in_half_precision.dtype == np.float32
    np.testing.assert_array_equal(in_half_precision, load_dataset(name).preprocessed("train").x)
