from pathlib import Path

import keras
import numpy as np
import pytest

from data import load_dataset
from model import build_model
from tuner.training.run_trial import hyperparameters_of

VALUES = {"augmentation": "strong", "flip": True, "dropout": 0.0, "depth": 1, "width": 32}


@pytest.fixture(scope="module")
def augmented() -> keras.Model:
    return build_model(hyperparameters_of(VALUES), load_dataset("digits"), "cnn")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load_dataset("digits").preprocessed("test").x[:16]


def test_only_training_sees_augmented_images(augmented: keras.Model, images: np.ndarray) -> None:
    seen = keras.Model(augmented.input, augmented.get_layer("random_contrast").output)
    np.testing.assert_array_equal(seen(images, training=False), images)
    first, second = (np.asarray(seen(images, training=True)) for _ in range(2))
    assert not np.allclose(first, images)
    assert not np.allclose(first, second)
    # What is moved is not brightened: a pixel stays within the range of its image and a bit more.
    assert np.abs(first).max() < 2 * np.abs(images).max()


def test_without_it_there_is_nothing_in_the_model() -> None:
    plain = build_model(hyperparameters_of({}), load_dataset("digits"), "cnn")
    assert not [layer for layer in plain.layers if layer.name.startswith("random_")]


def test_a_saved_model_predicts_the_same(
    augmented: keras.Model, images: np.ndarray, tmp_path: Path
) -> None:
    augmented.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    predicted = augmented.predict(images, verbose=0)
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), predicted)
