"""One training of `train.py`: a configuration, its data and a seed go in, weights come out."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np

from data import Dataset
from data.errors import InputError
from tuner.retraining.choice import Choice, Configuration
from tuner.training.callbacks import DivergedError
from tuner.training.epoch import NotCompilableError
from tuner.training.fitting import fit
from tuner.training.run_trial import batch_size_of, hyperparameters_of, own_fit
from tuner.training.session import build_afresh
from tuner.trials.ending import described
from tuner.trials.numbers import numbers
from tuner.trials.seeds import integer_seed
from tuner.trials.trial import Metrics, TrainingPath


@dataclass(frozen=True)
class Planned:
    """A training that is to be.

    Attributes:
        name: That of its curve.
        configuration: Its values.
        index: Which of its kind it is, from 0; decides its seed.
        folds: Of a member of an ensemble, how many folds of training and validation data there
            are, of which the one with its index is its validation data; 0: it has the one split.
            None: it is a training of its own.
    """

    name: str
    configuration: Configuration
    index: int
    folds: int | None = None

    def __str__(self) -> str:
        kind = "Seed" if self.folds is None else "Member"
        return f"{kind} {self.index} of {self.configuration.origin}"

    def data(self, dataset: Dataset) -> Dataset:
        """Return what it is trained on, of the data that all trainings share."""
        return dataset.fold(self.index, self.folds) if self.folds else dataset


@dataclass(frozen=True)
class Training:
    """One training with its best weights, measured on the validation data.

    Attributes:
        index: Which training of its configuration, from 0.
        seed: What it was seeded with.
        weights: Those of its best epoch.
        score: The objective in that epoch.
        best_epoch: Counted from 1.
        epochs: How many it had.
        seconds: What it took.
        val: Loss and metrics on the validation data.
    """

    index: int
    seed: int
    weights: list[np.ndarray]
    score: float
    best_epoch: int
    epochs: int
    seconds: float
    val: Metrics


def train_once(
    choice: Choice, planned: Planned, report: Callable[[int, Metrics], None]
) -> Training:
    """Train once.

    Args:
        choice: What the trainings have in common.
        planned: Which one it is.
        report: Gets each epoch, counted from 1, and its metrics.

    Raises:
        DivergedError: A loss became NaN or infinite, or the objective was never a number.
    """
    prepared, options = choice.prepared, choice.prepared.options
    began = time.perf_counter()
    seed = integer_seed(
        options.seed, planned.index, "retrain" if planned.folds is None else "ensemble"
    )
    dataset = planned.data(prepared.dataset)
    hp = hyperparameters_of(planned.configuration.values)
    new = prepared.build if planned.folds is None else partial(prepared.build, dataset=dataset)
    epochs = 0

    def report_epoch(epoch: int, metrics: Metrics, seconds: float) -> bool:
        nonlocal epochs
        epochs = epoch
        report(epoch, metrics)
        return True

    with _told_of_the_fold(planned, dataset, prepared.dataset):
        model = build_afresh(lambda: new(hp), seed)
        fitted = partial(
            fit,
            model,
            dataset,
            batch_size=batch_size_of(hp, options.batch_size),
            max_epochs=options.max_epochs,
            patience=options.patience,
            objective=prepared.objective,
            report=report_epoch,
            shuffle_seed=seed,
            own_fit=own_fit(prepared.build, hp),
        )
        try:
            best = fitted(path=TrainingPath.asked(options.training_path))
        except NotCompilableError as error:
            print(
                f"warning: --training-path {options.training_path}, as of the search, is not "
                f"possible here ({error}); trained as is fastest",
                file=sys.stderr,
            )
            best = fitted()
    if best.score is None:
        raise DivergedError(f"has no score: {prepared.objective.name} was never a finite number")
    return Training(
        index=planned.index,
        seed=seed,
        weights=model.get_weights(),
        score=best.score,
        best_epoch=best.epoch,
        epochs=epochs,
        seconds=time.perf_counter() - began,
        val=evaluate(dataset, model, "validation"),
    )


# How a training ended.
Outcome = Training | DivergedError


def outcome_of(choice: Choice, planned: Planned, report: Callable[[int, Metrics], None]) -> Outcome:
    """Train once, see `train_once`; return how that ended."""
    try:
        return train_once(choice, planned, report)
    except DivergedError as error:
        return error


@contextmanager
def _told_of_the_fold(planned: Planned, dataset: Dataset, whole: Dataset) -> Iterator[None]:
    """Say it where a model fails on a fold whose examples have another shape than those of all."""
    try:
        yield
    except DivergedError:
        raise
    except Exception as error:
        if dataset.input_shape == whole.input_shape:
            raise
        raise InputError(
            f"--ensemble {planned.folds}: expected a model that takes the examples of member "
            f"{planned.index}, preprocessed to {dataset.input_shape} by what its own fold knows "
            f"(--model FILE.py: a parameter input_shape is told it): {described(error)}"
        ) from error


def build(choice: Choice, configuration: Configuration, dataset: Dataset) -> keras.Model:
    """Return a new compiled model for a dataset, with the values of a configuration."""
    return choice.prepared.build(hyperparameters_of(configuration.values), dataset=dataset)


def evaluate(dataset: Dataset, model: keras.Model, split: str) -> Metrics:
    """Return the loss and metrics of a model on "validation" or "test"; none if it has no loss."""
    if not model.compiled:
        return {}
    batches = dataset.stream(split, 256)
    return numbers(model.evaluate(batches, verbose=0, return_dict=True))
