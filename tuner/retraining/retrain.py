"""The chosen configuration trained again: once a seed, and at last on all but the test data."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from data import Dataset
from data.errors import InputError
from tuner.retraining.choice import Choice, Configuration
from tuner.retraining.side_by_side import train_all
from tuner.retraining.train_once import Planned, Training, build
from tuner.retraining.training_curves import Curves
from tuner.training.callbacks import DivergedError, ReportEpochs, StopWhenDiverged
from tuner.training.fitting import fit_by_itself
from tuner.training.run_trial import batch_size_of, hyperparameters_of, own_fit
from tuner.training.session import build_afresh
from tuner.trials.trial import Metrics


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
    planned = [
        Planned(f"{prefix}seed-{index}", configuration, index)
        for prefix, configuration in configurations.items()
        for index in range(choice.seeds)
    ]
    trained = train_all(choice, planned, curves)
    return [
        Retrained(
            configuration,
            [
                training
                for plan, training in zip(planned, trained, strict=True)
                if plan.configuration is configuration and training is not None
            ],
        )
        for configuration in configurations.values()
    ]


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
