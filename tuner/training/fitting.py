"""Training a compiled model on a data set, with early stopping."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from data import Dataset
from tuner.storage.artifacts import Artifact
from tuner.training.callbacks import (
    CountsEpochs,
    EpochCallback,
    KeepBestWeights,
    ReportEpochs,
    StopWhenDiverged,
    StopWhenStuck,
)
from tuner.training.in_memory import fit_in_memory
from tuner.training.keras_internals import graphs_released
from tuner.training.progress import Progress
from tuner.training.waiting import Waiting
from tuner.trials.objective import Objective
from tuner.trials.trial import TrainingPath

# As `HyperModel.fit`, but for its first argument.
OwnFit = Callable[..., Any]

# What KerasTuner calls the one number that a `fit` of one's own may return: smaller is better.
RETURNED = "default_objective"


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Attributes:
        score: The objective in the best epoch; None if it was never a finite number.
        epoch: The best epoch, counted from 1.
        path: How the model was trained.
    """

    score: float | None
    epoch: int
    path: TrainingPath


@graphs_released()
def fit(
    model: keras.Model,
    dataset: Dataset,
    batch_size: int,
    max_epochs: int,
    patience: int,
    objective: Objective,
    report: EpochCallback,
    shuffle_seed: int = 0,
    saved: Artifact | None = None,
    path: TrainingPath | None = None,
    own_fit: OwnFit | None = None,
) -> Outcome:
    """Train until the validation loss has not fallen for `patience` epochs, or `max_epochs`.

    The model ends with the weights of its best epoch.

    Args:
        model: Compiled, on preprocessed inputs.
        dataset: Its training and validation parts are used.
        batch_size: Examples a step.
        max_epochs: The most epochs.
        patience: Epochs without a lower validation loss before it stops.
        objective: What makes an epoch the best.
        report: Gets epoch (from 1), metrics and seconds; returns whether to go on.
        shuffle_seed: Decides the order of the examples in each epoch.
        saved: The file from which an interrupted training goes on and in which this one
            is saved now and then, if its epochs are compiled.
        path: How to train. None chooses: data that fit in memory are trained on in compiled
            epochs where the model allows it and else by Keras's plain `fit`; others are streamed.
        own_fit: What trains in place of all these.

    Raises:
        DivergedError: A loss became NaN or infinite.
        NotCompilableError: Compiled epochs were asked for, and the model does not allow them.
    """
    best = KeepBestWeights(objective)
    stopping = StopWhenStuck(patience, objective)
    # Reported first, so that the epoch that breaks a trial is seen in its curve.
    callbacks = [ReportEpochs(report), StopWhenDiverged(), best, stopping]
    if own_fit is not None:
        fit_by_itself(model, dataset, own_fit, max_epochs, shuffle_seed, callbacks)
        return Outcome(best.score, best.epoch, TrainingPath.OWN)
    if path is None and not dataset.in_memory:
        path = TrainingPath.STREAMED
    if path is not TrainingPath.STREAMED:
        train, validation = dataset.preprocessed("train"), dataset.preprocessed("validation")
        path = fit_in_memory(
            model,
            train.arrays,
            validation.arrays,
            batch_size=batch_size,
            validation_batch_size=max(batch_size, 256),
            shuffle_seed=shuffle_seed,
            epochs=max_epochs,
            callbacks=callbacks,
            progress=Progress(saved, best, stopping) if saved else None,
            path=path,
        )
    else:
        tf.random.set_seed(shuffle_seed)
        waiting = Waiting()
        model.fit(
            waiting.watched(dataset.stream("train", batch_size, shuffle_seed=shuffle_seed)),
            epochs=max_epochs,
            validation_data=waiting.watched(dataset.stream("validation", max(batch_size, 256))),
            callbacks=[waiting, *callbacks],
            shuffle=False,  # The stream does it.
            verbose=0,
        )
    return Outcome(best.score, best.epoch, path)


def fit_by_itself(
    model: keras.Model,
    dataset: Dataset,
    own_fit: OwnFit,
    epochs: int,
    seed: int,
    callbacks: list[keras.callbacks.Callback],
) -> Any:
    """Train a model as a `keras_tuner.Tuner` has its `HyperModel` do it.

    Args:
        model: What `HyperModel.build` has returned.
        dataset: Its training and validation parts are given as arrays.
        own_fit: Gets the model, x and y, and ``validation_data``, ``epochs``, ``callbacks``,
            ``verbose``.
        epochs: The most epochs.
        seed: Of all generators.
        callbacks: Told of what it returns, if it has told them of no epoch.

    Returns:
        What it returns.
    """
    keras.utils.set_random_seed(seed)
    train, validation = dataset.preprocessed("train"), dataset.preprocessed("validation")
    counted = CountsEpochs()
    weights = {} if train.weights is None else {"sample_weight": train.weights}
    returned = own_fit(
        model,
        *(train.x, train.y),
        validation_data=validation.arrays,
        epochs=epochs,
        callbacks=[counted, *callbacks],
        verbose=0,
        **weights,
    )
    told = _told(returned) if not counted.number else {}
    for callback in callbacks:
        callback.set_model(model)
        if told:
            callback.on_epoch_end(0, told)
        callback.on_train_end()
    return returned


def _told(returned: Any) -> dict[str, Any]:
    """Return what a `fit` of one's own says by what it returns: of a history, the last epoch."""
    if isinstance(returned, keras.callbacks.History):
        return {name: values[-1] for name, values in returned.history.items()}
    if isinstance(returned, dict):
        return returned
    return {} if returned is None else {RETURNED: returned}
