"""Training a compiled model on a data set, with early stopping."""

import keras

from data import Dataset
from tuner.objective import Objective
from tuner.training.callbacks import (
    EpochCallback,
    KeepBestWeights,
    ReportEpochs,
    StopWhenDiverged,
)


def fit(
    model: keras.Model,
    dataset: Dataset,
    batch_size: int,
    max_epochs: int,
    patience: int,
    objective: Objective,
    report: EpochCallback,
    shuffle_seed: int = 0,
) -> KeepBestWeights:
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
        shuffle_seed: The order of a streamed data set's examples.

    Returns:
        The best epoch and its score.

    Raises:
        DivergedError: A loss became NaN or infinite.
    """
    best = KeepBestWeights(objective)
    callbacks = [
        # Reported first, so that the epoch that breaks a trial is seen in its curve.
        ReportEpochs(report),
        StopWhenDiverged(),
        best,
        keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience),
    ]
    if dataset.in_memory:
        train, validation = dataset.preprocessed("train"), dataset.preprocessed("validation")
        model.fit(
            train.x,
            train.y,
            batch_size=batch_size,
            epochs=max_epochs,
            validation_data=(validation.x, validation.y),
            validation_batch_size=max(batch_size, 256),
            callbacks=callbacks,
            verbose=0,
        )
    else:
        model.fit(
            dataset.stream("train", batch_size, shuffle_seed=shuffle_seed),
            epochs=max_epochs,
            validation_data=dataset.stream("validation", max(batch_size, 256)),
            callbacks=callbacks,
            verbose=0,
        )
    return best
