"""The last layer and what it is measured by: one way for each task, whatever the model."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from data import Dataset
from model.metrics import StandardizedError, metrics_for


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

    if dataset.task == "multi-label":
        layer = keras.layers.Dense(dataset.num_classes, "sigmoid", dtype="float32", name="labels")
        # Keras's "accuracy" would ask for the most probable label alone.
        usual = [keras.metrics.BinaryAccuracy(name="binary_accuracy")]
        return layer(features), {"loss": "binary_crossentropy", "metrics": [*usual, *more]}

    # Weights learn standardized targets; the last layer gives them back their unit.
    targets = dataset.train.y
    mean, deviation = (f(targets, axis=0, dtype="float64").tolist() for f in (np.mean, np.std))
    if targets.ndim == 1:
        values, deviation = 1, deviation or 1.0
        # A loss of 1 is that of always predicting the mean, whatever the unit.
        loss = {"loss": "mean_squared_error", "loss_weights": [deviation**-2]}
    else:
        values, deviation = len(mean), [one or 1.0 for one in deviation]
        loss = {"loss": StandardizedError(deviation)}
    standardized = keras.layers.Dense(values, dtype="float32", name="standardized")(features)
    layer = keras.layers.Rescaling(deviation, mean, dtype="float32", name="values")
    return layer(standardized), {**loss, "metrics": ["mean_absolute_error", *more]}
