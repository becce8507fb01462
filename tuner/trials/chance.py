"""What a model scores that has learned nothing of the inputs: the bar for the default values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.predicted import gives_logits
from tuner.trials.numbers import numbers
from tuner.trials.objective import Objective
from tuner.trials.trial import Metrics

if TYPE_CHECKING:
    import keras

    from data import Dataset

# So many standard errors above chance an accuracy must be, and losses and errors so much lower.
STANDARD_ERRORS = 2.0
MARGIN = 0.05
EPSILON = 1e-7


def chance_metrics(model: keras.Model, dataset: Dataset) -> Metrics:
    """Return what a predictor scores on the validation data that knows only the training targets.

    For classification it gives every example the classes' frequencies, and so the most frequent
    class; for labels their frequencies; for regression the mean. Weights of training count. The
    model's own loss and metrics judge it.

    Args:
        model: Compiled. Its outputs are a column a class, or one column for the second of two
            classes, probabilities or logits; else a column a label or value.
        dataset: Its targets alone are used.

    Returns:
        Names as in the epoch logs, such as ``val_accuracy``, of all that is one number; empty for
        outputs of another shape, or several.
    """
    validation = dataset.form.target(dataset.validation.y, dataset.num_classes)
    weights, shape = dataset.validation.weights, getattr(model, "output_shape", None)
    one_column = shape in ((None,), (None, 1))
    guess = _guess(dataset, one_column, gives_logits(model))
    if shape != (None, len(guess)) and not (one_column and len(guess) == 1):
        return {}
    predictions = np.tile(guess.astype(np.float32), (len(validation), 1))
    if shape == (None,):
        predictions = predictions.reshape(-1)
    model.reset_metrics()
    metrics = model.compute_metrics(None, validation, predictions, weights)
    metrics["loss"] = model.compute_loss(None, validation, predictions, weights, training=False)
    model.reset_metrics()
    return {f"val_{name}": value for name, value in numbers(metrics).items()}


def _guess(dataset: Dataset, one_column: bool, logits: bool) -> np.ndarray:
    """Return what is predicted of each example, shape ``(columns,)``."""
    targets, weights = dataset.train.y, dataset.weights("train")
    if dataset.task != "classification":
        means = np.atleast_1d(np.average(targets, axis=0, weights=weights))
        if dataset.task == "regression":
            return means
        means = np.clip(means, EPSILON, 1 - EPSILON)
        return np.log(means / (1 - means)) if logits else means
    frequencies = np.bincount(targets, weights, minlength=dataset.num_classes)
    # As Keras does, so that no logarithm is infinite.
    frequencies = np.clip(frequencies / frequencies.sum(), EPSILON, 1 - EPSILON)
    binary = one_column and len(frequencies) == 2
    if logits:
        frequencies = np.log(frequencies)
        return frequencies[1:] - frequencies[:1] if binary else frequencies
    return frequencies[1:] if binary else frequencies


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
