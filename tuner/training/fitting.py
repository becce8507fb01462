"""Training a compiled model on a data set, with early stopping."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from data import Dataset
from tuner.storage.artifacts import Artifact
from tuner.training.callbacks import (
    EpochCallback,
    KeepBestWeights,
    ReportEpochs,
    StopWhenDiverged,
    StopWhenStuck,
)
from tuner.training.in_memory import fit_in_memory
from tuner.training.keras_internals import graphs_released
from tuner.training.progress import Progress
from tuner.trials.objective import Objective
from tuner.trials.trial import TrainingPath


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

    Raises:
        DivergedError: A loss became NaN or infinite.
        NotCompilableError: Compiled epochs were asked for, and the model does not allow them.
    """
    best = KeepBestWeights(objective)
    stopping = StopWhenStuck(patience)
    # Reported first, so that the epoch that breaks a trial is seen in its curve.
    callbacks = [ReportEpochs(report), StopWhenDiverged(), best, stopping]
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
        model.fit(
            dataset.stream("train", batch_size, shuffle_seed=shuffle_seed),
            epochs=max_epochs,
            validation_data=dataset.stream("validation", max(batch_size, 256)),
            callbacks=callbacks,
            shuffle=False,  # The stream does it.
            verbose=0,
        )
    return Outcome(best.score, best.epoch, path)
