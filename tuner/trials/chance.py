"""What a model scores that has learned nothing of the inputs: the bar for the default values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.predicted import gives_logits, target_classes
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
    class; for regression the mean. The model's own loss and metrics judge it.

    Args:
        model: Compiled. Its outputs are a column a class, or one column for the second of two
            classes, probabilities or logits; for regression a column a target.
        dataset: Its targets alone are used.

    Returns:
        Names as in the epoch logs, such as ``val_accuracy``, of all that is one number; empty for
        outputs of another shape, or several.
    """
    validation, shape = dataset.validation.y, getattr(model, "output_shape", None)
    one_column = shape in ((None,), (None, 1))
    guess = _guess(dataset, one_column, gives_logits(model))
    if shape != (None, len(guess)) and not (one_column and len(guess) == 1):
        return {}
    predictions = np.tile(guess.astype(np.float32), (len(validation), 1))
    if shape == (None,):
        predictions = predictions.reshape(-1)
    model.reset_metrics()
    metrics = model.compute_metrics(None, validation, predictions)
    metrics["loss"] = model.compute_loss(None, validation, predictions, training=False)
    model.reset_metrics()
    single = {name: np.asarray(value) for name, value in metrics.items()}
    return {f"val_{name}": float(value) for name, value in single.items() if value.ndim == 0}


def _guess(dataset: Dataset, one_column: bool, logits: bool) -> np.ndarray:
    """Return what is predicted of each example, shape ``(columns,)``."""
    if dataset.task != "classification":
        return dataset.train.y.reshape(len(dataset.train), -1).mean(axis=0)
    classes = target_classes(dataset.train.y)
    frequencies = np.bincount(classes, minlength=dataset.num_classes) / len(classes)
    # As Keras does, so that no logarithm is infinite.
    frequencies = np.clip(frequencies, EPSILON, 1 - EPSILON)
    binary = one_column and len(frequencies) == 2
    if logits:
        frequencies = np.log(frequencies)
        return frequencies[1:] - frequencies[:1] if binary else frequencies
    return frequencies[1:] if binary else frequencies


def beats_chance(score: float, chance: float, objective: Objective, examples: int) -> bool:
    """Tell whether a trial's score is clearly better than that of `chance_metrics`.

    An accuracy must lie `STANDARD_ERRORS` above it, of the binomial distribution of so many
    validation examples; any other objective must be better by `MARGIN` of its value.
    """
    gain = objective.gain(score, chance)
    if objective.name.endswith("accuracy"):
        return gain > STANDARD_ERRORS * float(np.sqrt(chance * (1 - chance) / examples))
    return gain > MARGIN * abs(chance)
