"""What an oracle optimizes: KerasTuner's objective, but its direction is never guessed."""

from typing import Any

import keras_tuner

from data.errors import InputError
from tuner.trials.objective import certain_direction


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
        direction = certain_direction(objective)
        if direction is not None:
            return keras_tuner.Objective(objective, direction)
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
