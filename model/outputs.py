"""The last layer and what it is measured by: one way for each task, whatever the model."""

from typing import Any

import keras

from data import Dataset


def add_outputs(
    features: keras.KerasTensor, dataset: Dataset
) -> tuple[keras.KerasTensor, dict[str, Any]]:
    """Return the outputs of a model with these `(n, features)`, and its loss and metrics.

    Outputs are float32, also where the layers below compute in half precision.
    """
    if dataset.task == "classification":
        # Also for two classes: one way to read a probability, whatever their number.
        layer = keras.layers.Dense(dataset.num_classes, "softmax", dtype="float32", name="classes")
        return layer(features), {
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
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
        "metrics": ["mean_absolute_error"],
    }
