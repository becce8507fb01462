"""The last training: on all that is not test data, when nothing is left to be decided."""

import keras
import tensorflow as tf

from data import Dataset
from data.errors import InputError
from tuner.reporting.tensorboard import EventFolder
from tuner.retraining.choice import Choice, Configuration
from tuner.retraining.retrain import Training, build
from tuner.training.callbacks import DivergedError, ReportEpochs, StopWhenDiverged
from tuner.training.session import build_afresh
from tuner.trials.trial import Metrics


def final_fit(
    choice: Choice, configuration: Configuration, best: Training
) -> tuple[keras.Model, Dataset]:
    """Train a configuration on training and validation data together.

    Nothing says when to stop, so it takes as many epochs as the best training took to its best
    one, with the same seed. Its curve is in TensorBoard, under `final-fit`.

    Returns:
        The model, and the data whose preprocessing it needs.

    Raises:
        InputError: A loss became NaN or infinite.
    """
    dataset = choice.prepared.dataset.with_validation_in_training()
    model = build_afresh(lambda: build(choice, configuration, dataset), best.seed)
    tf.random.set_seed(best.seed)
    batch_size = int(configuration.values["batch_size"])
    events = EventFolder(choice.folder / "tensorboard" / "final-fit")

    def report(epoch: int, metrics: Metrics, seconds: float) -> bool:
        events.scalars(metrics, epoch)
        return True

    try:
        model.fit(
            dataset.stream("train", batch_size, shuffle_seed=best.seed),
            epochs=best.best_epoch,
            callbacks=[ReportEpochs(report), StopWhenDiverged()],
            shuffle=False,  # The stream does it.
            verbose=0,
        )
    except DivergedError as error:
        raise InputError(f"the final fit {error}: leave out --final-fit") from error
    finally:
        events.close()
    return model, dataset
