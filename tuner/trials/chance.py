"""What a model scores that has learned nothing of the inputs: the bar for the default values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuner.trials.numbers import numbers
from tuner.trials.objective import Objective
from tuner.trials.trial import Metrics

if TYPE_CHECKING:
    import keras

    from data import Dataset

# So many standard errors above chance an accuracy must be, and losses and errors so much lower.
STANDARD_ERRORS = 2.0
MARGIN = 0.05


def chance_metrics(model: keras.Model, dataset: Dataset) -> Metrics:
    """Return what a predictor scores on the validation data that knows only the training targets.

    For classification it gives every example the classes' frequencies, and so the most frequent
    class; for regression the mean. Weights of training count. The model's own loss and metrics
    judge it.

    Args:
        model: Compiled; nothing is known if its outputs have not the shape of `build_model`'s.
        dataset: Its targets alone are used.

    Returns:
        Names as in the epoch logs, such as ``val_accuracy``; empty where there is nothing to say.
    """
    train, validation = dataset.train.y, dataset.validation.y
    weights = dataset.weights("train")
    if dataset.task == "classification":
        guess = np.bincount(train, weights, minlength=dataset.num_classes)
        guess = guess / guess.sum()
    else:
        guess = np.average(train, weights=weights, keepdims=True)
    predictions = np.tile(guess.astype(np.float32), (len(validation), 1))
    if model.output_shape != (None, *predictions.shape[1:]):
        return {}
    weights = dataset.validation.weights
    model.reset_metrics()
    metrics = model.compute_metrics(None, validation, predictions, weights)
    metrics["loss"] = model.compute_loss(None, validation, predictions, weights, training=False)
    model.reset_metrics()
    return {f"val_{name}": value for name, value in numbers(metrics).items()}


def beats_chance(score: float, chance: float, objective: Objective, examples: int) -> bool:
    """Tell whether a trial's score is clearly better than that of `chance_metrics`.

    A share of examples, such as an accuracy, must lie `STANDARD_ERRORS` above it, of the binomial
    distribution of so many validation examples; any other objective must be better by `MARGIN` of
    its value.
    """
    gain = objective.gain(score, chance)
    if objective.is_share:
        return gain > STANDARD_ERRORS * float(np.sqrt(chance * (1 - chance) / examples))
    return gain > MARGIN * abs(chance)
