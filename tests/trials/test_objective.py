"""Which way a metric is better: known for certain, or not at all."""

import inspect
from typing import Any

import keras
import pytest

from model.metrics import CLASSIFICATION, REGRESSION
from tuner.trials.objective import Objective, certain_direction

# What they need to be made.
NEEDED: dict[str, dict[str, Any]] = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "MeanIoU": {"num_classes": 2},
    "OneHotMeanIoU": {"num_classes": 2},
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": 2, "target_class_ids": [0]},
}
NO_SCORES = {"Metric", "Mean", "Sum", "MeanMetricWrapper"}
COUNTED = {"true_positives": "up", "true_negatives": "up"}
KERAS_OWN = {
    name: kind
    for name, kind in vars(keras.metrics).items()
    if inspect.isclass(kind) and issubclass(kind, keras.metrics.Metric) and name not in NO_SCORES
}


@pytest.mark.parametrize("kind", KERAS_OWN)
def test_keras_s_own_names_have_the_direction_that_keras_says(kind: str) -> None:
    metric = KERAS_OWN[kind](**NEEDED.get(kind, {}))
    up = COUNTED.get(metric.name, getattr(metric, "_direction", "down")) == "up"
    for name in (metric.name, f"val_{metric.name}", f"val_{metric.name}_2"):
        assert certain_direction(name) == ("max" if up else "min")


@pytest.mark.parametrize("name", [*CLASSIFICATION, *REGRESSION, "top_5"])
def test_names_of_the_option_have_a_direction(name: str) -> None:
    assert certain_direction(f"val_{name}") == ("min" if name == "rmse" else "max")


@pytest.mark.parametrize("name", ["val_score", "val_error_top_5", "val_profit", "val_auction"])
def test_other_names_have_none(name: str) -> None:
    assert certain_direction(name) is None


def test_what_a_fit_returns_is_minimized_as_by_a_keras_tuner() -> None:
    assert certain_direction("default_objective") == "min"


def test_a_balanced_accuracy_is_no_share_of_examples() -> None:
    shares = {"val_accuracy": True, "val_top_3": True, "val_sparse_categorical_accuracy": True}
    for name, share in {**shares, "val_balanced_accuracy": False, "val_auc": False}.items():
        assert Objective(name, "max").is_share is share
