"""Weights of examples and of classes: on each path to the numbers of Keras's own `fit`."""

import dataclasses
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from data import Dataset, load_dataset
from model import build_model
from tuner.training.fitting import fit
from tuner.training.session import fresh_session
from tuner.trials.objective import Objective
from tuner.trials.trial import Metrics, TrainingPath

METRICS = ("auc", "f1", "balanced_accuracy")


@pytest.fixture(scope="module")
def rare() -> Dataset:
    """Breast cancer with a fifth of the malignant cases left, and weights."""
    dataset = load_dataset("breast_cancer")
    rng = np.random.default_rng(0)

    def thinned(name: str) -> Any:
        split = dataset[name]
        kept = (split.y == 1) | (rng.random(len(split)) < 0.2)
        weights = rng.uniform(0.1, 3, len(split)).astype(np.float32)
        return dataclasses.replace(split, weights=weights).take(np.flatnonzero(kept))

    splits = {name: thinned(name) for name in ("train", "validation", "test")}
    return dataclasses.replace(dataset, **splits)


def build(dataset: Dataset) -> keras.Model:
    fresh_session(0)
    hp = keras_tuner.HyperParameters()
    hp.values = {"depth": 1, "width": 32, "dropout": 0.0}
    return build_model(hp, dataset, "mlp", metrics=METRICS)


def curve_of(dataset: Dataset, path: TrainingPath) -> list[Metrics]:
    """Train with all examples in one batch, whose order does not matter then."""
    curve: list[Metrics] = []

    def report(epoch: int, metrics: Metrics, seconds: float) -> bool:
        curve.append(metrics)
        return True

    fit(
        build(dataset),
        dataset,
        batch_size=len(dataset.train),
        max_epochs=4,
        patience=9,
        objective=Objective("val_auc", "max"),
        report=report,
        path=path,
    )
    return curve


@pytest.mark.parametrize("path", TrainingPath)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("balanced", [False, True])
def test_all_paths_give_the_numbers_of_keras(
    rare: Dataset, path: TrainingPath, weighted: bool, balanced: bool
) -> None:
    bare = {name: dataclasses.replace(rare[name], weights=None) for name in ("train", "validation")}
    dataset = rare if weighted else dataclasses.replace(rare, **bare)
    train, validation = dataset.preprocessed("train"), dataset.preprocessed("validation")
    counts = np.bincount(train.y)
    by_class = dict(enumerate(len(train) / (2 * counts)))
    # Keras takes one of them; both together are a product.
    both = {"sample_weight": train.weights, "class_weight": by_class if balanced else None}
    if weighted and balanced:
        weights = train.weights * np.array(list(by_class.values()))[train.y]
        both = {"sample_weight": weights}
    expected = build(dataset).fit(
        train.x,
        train.y,
        **both,
        validation_data=validation.arrays,
        batch_size=len(train),
        epochs=4,
        verbose=0,
    )

    asked = dataclasses.replace(dataset, class_weight="balanced" if balanced else None)
    curve = curve_of(asked, path)

    for name, values in expected.history.items():
        assert [metrics[name] for metrics in curve] == pytest.approx(values, rel=1e-4, abs=1e-5)
