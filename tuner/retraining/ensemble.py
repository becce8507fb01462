"""Several trainings of a configuration that are averaged in one model."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from data import Dataset
from data.errors import InputError
from data.shipping import averaged_with_preprocessing, inner_model
from tuner.retraining.choice import Choice, Configuration
from tuner.retraining.side_by_side import train_all
from tuner.retraining.train_once import Planned, Training, build
from tuner.retraining.training_curves import Curves
from tuner.trials.numbers import numbers
from tuner.trials.trial import Metrics


@dataclass(frozen=True)
class Member:
    """One model of an ensemble.

    Attributes:
        training: How it was trained; its validation data are its own.
        model: From inputs as preprocessing takes them, its own preprocessing included.
        predictions: What it says of the test data.
    """

    training: Training
    model: keras.Model
    predictions: Any


@dataclass(frozen=True)
class Ensemble:
    """At least two members, without those that diverged.

    Attributes:
        kind: "folds" of training and validation data that each member leaves one out of, or
            "seeds" of the one split.
        members: In their order.
    """

    kind: str
    members: list[Member]

    def __len__(self) -> int:
        return len(self.members)

    @property
    def trainings(self) -> list[Training]:
        """The training of each member."""
        return [member.training for member in self.members]

    @property
    def predictions(self) -> Any:
        """What the average says of the test data: an array, or a dict or list of them."""
        each = [member.predictions for member in self.members]
        return keras.tree.map_structure(lambda *outputs: np.mean(outputs, axis=0), *each)

    def with_preprocessing(self, dataset: Dataset) -> keras.Model:
        """Return the one model that takes raw inputs, of the columns of this dataset."""
        return averaged_with_preprocessing([member.model for member in self.members], dataset)


def train_ensemble(choice: Choice, configuration: Configuration, curves: Curves) -> Ensemble | None:
    """Train the members, with a curve for each, and say what they are.

    Together the models of all folds have learned from all training and validation data, each with
    a fold of its own to stop early on. Where there can be no folds, they differ by their seeds.

    Returns:
        None when fewer than two ended well.

    Raises:
        InputError: A model of one's own does not take what the preprocessing of a fold makes.
    """
    count = choice.ensemble
    refused = why_no_folds(choice.prepared.dataset, count)
    kind = "folds" if refused is None else "seeds"
    print(
        f"Ensemble of {count} folds of training and validation data"
        if refused is None
        else f"Ensemble of {count} seeds on the one split, not of folds: {refused}"
    )
    planned = [
        Planned(f"member-{index}", configuration, index, count if refused is None else 0)
        for index in range(count)
    ]
    members = [
        _member(choice, one, training)
        for one, training in zip(planned, train_all(choice, planned, curves), strict=True)
        if training is not None
    ]
    return Ensemble(kind, members) if len(members) > 1 else None


def why_no_folds(dataset: Dataset, folds: int) -> str | None:
    """Return why the members cannot be the models of so many folds; None if they can."""
    if dataset.train.time is not None:
        return "in the order of --time a fold is trained only on what comes before it"
    try:
        dataset.fold(0, folds)
    except InputError as error:
        return str(error).partition(": ")[0]  # What follows is how to give other --folds.
    return None


def _member(choice: Choice, planned: Planned, training: Training) -> Member:
    dataset = planned.data(choice.prepared.dataset)
    model = build(choice, planned.configuration, dataset)
    model.set_weights(training.weights)
    inner = inner_model(model, dataset, f"member_{training.index}")
    return Member(training, inner, model.predict(dataset.stream("test", 256), verbose=0))


def evaluate_predictions(
    dataset: Dataset, model: keras.Model, split: str, predictions: Any
) -> Metrics:
    """Return the loss and metrics of predictions by what a model was compiled with.

    As `evaluate` measures the model itself; none for one that has no loss, or tests in a way of
    its own.

    Args:
        dataset: In the form that the model takes.
        model: With its weights, whose penalties count in the loss.
        split: "validation" or "test".
        predictions: For each example, in order; in the structure of the model's outputs.
    """
    if not model.compiled or type(model).test_step is not keras.Model.test_step:
        return {}
    model.reset_metrics()
    loss, done, logs = 0.0, 0, {}
    for x, y, *weights in dataset.stream(split, 256):
        size = len(keras.tree.flatten(y)[0])
        part = keras.tree.map_structure(
            lambda one: keras.ops.convert_to_tensor(one[done : done + size]),  # noqa: B023
            predictions,
        )
        loss += size * float(model.compute_loss(x, y, part, *(weights or [None])))
        logs = model.compute_metrics(x, y, part, *(weights or [None]))
        done += size
    return numbers(dict(sorted({**logs, "loss": loss / done}.items())))  # As Keras sorts them.
