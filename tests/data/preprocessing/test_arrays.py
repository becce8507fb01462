"""From raw inputs to what a model sees."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler

from data import Split, load_dataset

Write = Callable[..., str]


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


def test_numbers_of_an_array_are_normalized_before_they_lose_digits() -> None:
    rng = np.random.default_rng(0)
    small = rng.normal(size=(50, 2))
    split = Split(small + 1e9, np.arange(50, dtype=np.int32) % 2)
    dataset = dataclasses.replace(load_dataset("wine"), train=split, validation=split)

    scaled = RobustScaler().fit_transform(small)
    expected = scaled / np.sqrt(1 + (scaled / 3) ** 2)
    np.testing.assert_allclose(dataset.preprocessed("train").x, expected, atol=1e-5)


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
