"""What an oracle optimizes: KerasTuner's objective, but its direction is never guessed."""

from typing import Any

import keras_tuner

from data.errors import InputError

_ACCURACIES = ("", "binary_", "categorical_", "sparse_categorical_", "top_k_categorical_")
_LARGER_IS_BETTER = {"acc", "auc", *(prefix + "accuracy" for prefix in _ACCURACIES)}
_SMALLER_IS_BETTER = {
    *("loss", "mse", "mae", "mape", "msle"),
    *("mean_squared_error", "root_mean_squared_error", "mean_absolute_error"),
    *("mean_absolute_percentage_error", "mean_squared_logarithmic_error"),
}


def resolve_objective(objective: Any) -> Any:
    """Return a `keras_tuner.Objective` with a certain direction.

    Args:
        objective: An `Objective`, a list of them (KerasTuner's sum of several), a well-known name
            such as "val_loss" or "val_accuracy", or None for a `run_trial` that returns the one
            number to minimize.

    Raises:
        InputError: The direction of the name is not certain, or is neither "min" nor "max".
    """
    if isinstance(objective, str):
        name = objective.removeprefix("val_").removeprefix("weighted_")
        if name in _SMALLER_IS_BETTER:
            return keras_tuner.Objective(objective, "min")
        if name in _LARGER_IS_BETTER:
            return keras_tuner.Objective(objective, "max")
        raise InputError(
            f"Expected an objective with a direction, since it is not certain whether a larger "
            f"{objective!r} is better. Received: objective={objective!r}. "
            f'Pass keras_tuner.Objective({objective!r}, direction="min") or direction="max".'
        )
    if isinstance(objective, list):
        objective = [resolve_objective(one) for one in objective]
    resolved = keras_tuner.engine.oracle.Oracle(objective).objective
    if resolved.direction not in ("min", "max"):
        raise InputError(
            f'Expected the direction "min" or "max". Received: {resolved}. '
            "Say which way the objective is better."
        )
    return resolved
