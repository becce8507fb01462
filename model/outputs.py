"""The last layer and what it is measured by: one way for each task, whatever the model."""

from collections.abc import Sequence
from typing import Any

import keras

from data import Dataset
from model.metrics import metrics_for


def add_outputs(
    features: keras.KerasTensor, dataset: Dataset, metrics: Sequence[str] = ()
) -> tuple[keras.KerasTensor, dict[str, Any]]:
    """Return the outputs of a model with these `(n, features)`, and its loss and metrics.

    More metrics are named as in `model.metrics`.

    Outputs are float32, also where the layers below compute in half precision.
    """
    more = metrics_for(metrics, dataset.task, dataset.num_classes)
    if dataset.task == "classification":
        # Also for two classes: one way to read a probability, whatever their number.
        layer = keras.layers.Dense(dataset.num_classes, "softmax", dtype="float32", name="classes")
        return layer(features), {
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy", *more],
        }

    # Weights learn standardized targets; the last layer gives them back their unit.
    targets = dataset.train.y
    mean, deviation = float(targets.mean(dtype="float64")), float(targets.std(dtype="float64"))
    standardized = keras.layers.Dense(1, dtype="float32", name="standardized")(features)
    layer = keras.layers.Rescaling(deviation or 1.0, mean, dtype="float32", name="values")
    return layer(standardized), {
        "loss": "mean_squared_error",
        # A loss of 1 is that of always predicting the mean, whatever the unit.
        "loss_weights": [(deviation or 1.0) ** -2],
        "metrics": ["mean_absolute_error", *more],
    }
