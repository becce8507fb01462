"""Last layers, losses and metrics of labels and of several values."""

import dataclasses
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from data import Dataset, load_dataset, with_preprocessing
from model import build_model

METRICS = {"multi-label": ("auc", "f1", "precision", "recall"), "regression": ("rmse", "r2")}
SPLITS = ("train", "validation", "test")


def inputs() -> np.ndarray:
    """Return the inputs of breast_cancer, split after split."""
    dataset = load_dataset("breast_cancer")
    return np.concatenate([np.asarray(dataset[name].x) for name in SPLITS])


def told(y: np.ndarray, task: str, names: tuple[str, ...] = ()) -> Dataset:
    """Return breast_cancer with other targets, in the order of `inputs`."""
    dataset = load_dataset("breast_cancer")
    parts = np.split(y, np.cumsum([len(dataset.train), len(dataset.validation)]))
    splits = {
        name: dataclasses.replace(dataset[name], y=part.astype(np.float32))
        for name, part in zip(SPLITS, parts, strict=True)
    }
    return dataclasses.replace(dataset, task=task, class_names=names, **splits)


def trained(dataset: Dataset, epochs: int = 10) -> tuple[keras.Model, dict[str, float]]:
    keras.utils.set_random_seed(0)
    hp = keras_tuner.HyperParameters()
    model = build_model(hp, dataset, "mlp", metrics=METRICS[dataset.task])
    train, validation = dataset.preprocessed("train"), dataset.preprocessed("validation")
    model.fit(train.x, train.y, epochs=epochs, verbose=0)
    return model, model.evaluate(validation.x, validation.y, verbose=0, return_dict=True)


def test_labels_are_learned_each_on_its_own() -> None:
    x = inputs()[:, :3]
    dataset = told(x > np.quantile(x, [0.3, 0.5, 0.7], axis=0).diagonal(), "multi-label", (*"abc",))
    model, measured = trained(dataset)
    probabilities = model.predict(dataset.preprocessed("test").x, verbose=0)

    assert set(measured) == {"loss", "binary_accuracy", *METRICS["multi-label"]}
    assert measured["binary_accuracy"] > 0.9
    assert measured["f1"] > 0.85
    assert probabilities.shape == (len(dataset.test), 3)
    assert ((probabilities > 0.5) == dataset.test.y).mean() > 0.9


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_several_values_count_alike_and_are_answered_in_their_units(unit: float) -> None:
    x = inputs()
    dataset = told(np.column_stack([x[:, 0], x[:, 1] * unit, 0 * x[:, 0] + 7]), "regression")
    model, measured = trained(dataset, epochs=30)
    predictions = with_preprocessing(model, dataset).predict(dataset.test.x, verbose=0)

    assert set(measured) == {"loss", "mean_absolute_error", *METRICS["regression"]}
    assert measured["loss"] < 0.2  # 1 is the loss of the means
    for column in (0, 1):
        errors = predictions[:, column] - dataset.test.y[:, column]
        assert np.std(errors) < 0.4 * np.std(dataset.test.y[:, column])


def test_a_model_of_several_values_is_saved_and_loaded(tmp_path: Path) -> None:
    dataset = told(inputs()[:, :2], "regression")
    model, _ = trained(dataset, epochs=1)
    with_preprocessing(model, dataset).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    wanted = model.predict(dataset.preprocessed("test").x, verbose=0)
    np.testing.assert_allclose(loaded.predict(dataset.test.x, verbose=0), wanted, rtol=1e-5)
