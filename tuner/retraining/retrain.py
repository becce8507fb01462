"""The chosen configuration trained again: once a seed, and at last on all but the test data."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import Progress

from data import Dataset
from data.errors import InputError
from tuner.retraining.choice import Choice, Configuration
from tuner.retraining.training_curves import Curve, Curves
from tuner.training.callbacks import DivergedError, ReportEpochs, StopWhenDiverged
from tuner.training.epoch import NotCompilableError
from tuner.training.fitting import fit, fit_by_itself
from tuner.training.run_trial import batch_size_of, hyperparameters_of, own_fit
from tuner.training.session import build_afresh
from tuner.trials.numbers import numbers
from tuner.trials.seeds import integer_seed
from tuner.trials.trial import Metrics, TrainingPath


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


@dataclass(frozen=True)
class Retrained:
    """A configuration with its trainings, without those that diverged."""

    configuration: Configuration
    trainings: list[Training]

    def scores(self, seeds: int) -> list[float | None]:
        """Return the score of each of so many trainings; None for one that diverged."""
        known = {training.index: training.score for training in self.trainings}
        return [known.get(index) for index in range(seeds)]


def retrain(choice: Choice, curves: Curves) -> list[Retrained]:
    """Train what was chosen once a seed, with a curve for each.

    Returns:
        The configuration that was asked for and, if it is to be compared and is another one, the
        defaults, trained with the same seeds.
    """
    configurations = {"": choice.configuration}
    if choice.default is not None and choice.default.values != choice.configuration.values:
        configurations["default-"] = choice.default
    epochs = choice.prepared.options.max_epochs
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("epochs", total=len(configurations) * choice.seeds * epochs)
        done, retrained = 0, []
        for prefix, configuration in configurations.items():
            trainings = []
            for index in range(choice.seeds):
                curve = curves.begin(f"{prefix}seed-{index}", configuration.values)
                training = train_once(
                    choice, configuration, index, curve, lambda: progress.advance(bar)
                )
                trainings += [] if training is None else [training]
                done += epochs
                progress.update(bar, completed=done)
            retrained.append(Retrained(configuration, trainings))
    return retrained


def train_once(
    choice: Choice,
    configuration: Configuration,
    index: int,
    curve: Curve,
    advance: Callable[[], None],
    member: Dataset | None = None,
) -> Training | None:
    """Train once; None when it diverged, which is said on standard error.

    Args:
        choice: What the trainings have in common.
        configuration: The values.
        index: Which training it is, from 0.
        curve: Gets its epochs.
        advance: Called after each epoch.
        member: The data of a member of an ensemble; None: it is none.
    """
    prepared, options = choice.prepared, choice.prepared.options
    began = time.perf_counter()
    what, purpose = ("Seed", "retrain") if member is None else ("Member", "ensemble")
    seed = integer_seed(options.seed, index, purpose)
    dataset = prepared.dataset if member is None else member
    hp = hyperparameters_of(configuration.values)
    new = prepared.build if member is None else partial(prepared.build, dataset=member)
    model = build_afresh(lambda: new(hp), seed)
    epochs = 0

    def report(epoch: int, metrics: Metrics, seconds: float) -> bool:
        nonlocal epochs
        epochs = epoch
        curve.scalars(metrics, epoch)
        advance()
        return True

    fitted = partial(
        fit,
        model,
        dataset,
        batch_size=batch_size_of(hp, options.batch_size),
        max_epochs=options.max_epochs,
        patience=options.patience,
        objective=prepared.objective,
        report=report,
        shuffle_seed=seed,
        own_fit=own_fit(prepared.build, hp),
    )
    try:
        with curve:
            try:
                best = fitted(path=TrainingPath.asked(options.training_path))
            except NotCompilableError as error:
                print(
                    f"warning: --training-path {options.training_path}, as of the search, is not "
                    f"possible here ({error}); trained as is fastest",
                    file=sys.stderr,
                )
                best = fitted()
    except DivergedError as error:
        print(f"{what} {index} of {configuration.origin} {error}", file=sys.stderr)
        return None
    if best.score is None:
        print(
            f"{what} {index} of {configuration.origin}: {prepared.objective.name} was never a "
            "finite number",
            file=sys.stderr,
        )
        return None
    return Training(
        index=index,
        seed=seed,
        weights=model.get_weights(),
        score=best.score,
        best_epoch=best.epoch,
        epochs=epochs,
        seconds=time.perf_counter() - began,
        val=evaluate(dataset, model, "validation"),
    )


def final_fit(
    choice: Choice, configuration: Configuration, best: Training, curves: Curves
) -> tuple[keras.Model, Dataset, int]:
    """Train a configuration on training and validation data together.

    Nothing says when to stop, so it takes as many epochs as the best training took to its best
    one, with the same seed. A `fit` of one's own that has told of one epoch, which is what it does
    if it tells of none, gets as many as it got before. The curve is called `final-fit`.

    Returns:
        The model, the data whose preprocessing it needs, and how many epochs it was given.

    Raises:
        InputError: A loss became NaN or infinite.
    """
    dataset = choice.prepared.dataset.with_validation_in_training()
    model = build_afresh(lambda: build(choice, configuration, dataset), best.seed)
    tf.random.set_seed(best.seed)
    hp, prepared = hyperparameters_of(configuration.values), choice.prepared
    batch_size, own = batch_size_of(hp, prepared.options.batch_size), own_fit(prepared.build, hp)
    untold = own is not None and best.epochs == 1
    epochs = prepared.options.max_epochs if untold else best.best_epoch
    curve = curves.begin("final-fit", configuration.values)

    def report(epoch: int, metrics: Metrics, seconds: float) -> bool:
        curve.scalars(metrics, epoch)
        return True

    callbacks = [ReportEpochs(report), StopWhenDiverged()]
    try:
        with curve:
            if own is not None:
                fit_by_itself(model, dataset, own, epochs, best.seed, callbacks)
                return model, dataset, epochs
            model.fit(
                dataset.stream("train", batch_size, shuffle_seed=best.seed),
                epochs=epochs,
                callbacks=callbacks,
                shuffle=False,  # The stream does it.
                verbose=0,
            )
    except DivergedError as error:
        raise InputError(f"the final fit {error}: leave out --final-fit") from error
    return model, dataset, epochs


def build(choice: Choice, configuration: Configuration, dataset: Dataset) -> keras.Model:
    """Return a new compiled model for a dataset, with the values of a configuration."""
    return choice.prepared.build(hyperparameters_of(configuration.values), dataset=dataset)


def evaluate(dataset: Dataset, model: keras.Model, split: str) -> Metrics:
    """Return the loss and metrics of a model on "validation" or "test"; none if it has no loss."""
    if not model.compiled:
        return {}
    batches = dataset.stream(split, 256)
    return numbers(model.evaluate(batches, verbose=0, return_dict=True))
