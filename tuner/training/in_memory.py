"""Training on data in memory, each epoch one compiled call where the model allows it."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tuner.training.compiled import Compiled, NotCompilableError, compiled
from tuner.training.epoch import Data, Logs, epoch_order, on_device, rows, steps_of
from tuner.training.keras_internals import say_once
from tuner.training.progress import Progress
from tuner.trials.trial import TrainingPath


def fit_in_memory(
    model: keras.Model,
    train: Data,
    validation: Data,
    *,
    batch_size: int,
    validation_batch_size: int,
    epochs: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
    class_weight: dict[int, float] | None = None,
    progress: Progress | None = None,
    path: TrainingPath | None = None,
    initial_epoch: int = 0,
    verbose: int = 0,
) -> TrainingPath:
    """Train as `model.fit` does, to the same numbers but for the order of the examples.

    To callbacks an epoch is one batch, as with a large `steps_per_execution`. While it trains,
    their `self.model` is the one to look at: it may be a twin of `model`, with the same variables
    in the same order, whose graph an earlier trial has traced. `model` gets the outcome. The logs
    of a twin have its optimizer's `figures`, too.

    A model that cannot be compiled (`run_eagerly`, a `fit` of its own, several devices, a step
    that does not trace on tensors of such data) is trained by plain `fit`, and a line says why.

    Args:
        model: Compiled.
        train: (x, y) or (x, y, sample_weight): arrays, or dicts or tuples of them.
        validation: Likewise.
        batch_size: Examples a step; the last batch of an epoch may be smaller.
        validation_batch_size: Examples a step of evaluation.
        epochs: The number of the last epoch, counted from 1.
        shuffle_seed: Together with the number of an epoch it decides the order of the examples,
            so that a training that is resumed with `initial_epoch`, and with the variables of the
            model and of its optimizer restored, goes on as if it had never stopped. `None` keeps
            the examples as they are.
        callbacks: As for `fit`.
        class_weight: A weight for each class index, in place of sample weights.
        progress: Where an interrupted training left off, and where this one saves. Only compiled
            epochs, whose order of examples is known, can be resumed.
        path: "compiled" or "plain"; None: compiled where that is possible.
        initial_epoch: How many epochs have been trained before.
        verbose: As for `fit`: 0 shows nothing.

    Returns:
        The path that was taken.

    Raises:
        NotCompilableError: "compiled" was asked for, and is not possible.
    """
    if class_weight is not None:
        train = (*train, _sample_weight(train[1], class_weight))
    if path is not TrainingPath.PLAIN:
        try:
            on_train, on_validation = on_device((train, validation))
            with compiled(model, on_train, on_validation) as lent:
                if progress is not None:
                    initial_epoch = progress.restore(lent.model)
                    callbacks = [*callbacks, progress]
                whole = WholeEpochs(
                    lent, on_train, on_validation, batch_size, validation_batch_size, shuffle_seed
                )
                whole.fit(range(initial_epoch, epochs), callbacks, verbose)
            return TrainingPath.COMPILED
        except NotCompilableError as error:
            if path is TrainingPath.COMPILED:
                raise
            say_once(f"training by Keras's plain fit, step by step: {error}")
    tf.random.set_seed(shuffle_seed or 0)
    model.fit(
        *train[:2],
        sample_weight=train[2] if len(train) > 2 else None,
        validation_data=validation,
        shuffle=shuffle_seed is not None,
        callbacks=callbacks,
        batch_size=batch_size,
        validation_batch_size=validation_batch_size,
        epochs=epochs,
        initial_epoch=initial_epoch,
        verbose=verbose,
    )
    return TrainingPath.PLAIN


@dataclass(frozen=True)
class WholeEpochs:
    """Keras's `fit`, with a compiled epoch in the place of its steps.

    Attributes:
        compiled: The model and its epochs.
        data: Tensors to train on.
        validation: Tensors to evaluate on.
        batch_size: Examples a step.
        validation_batch_size: Examples a step of evaluation.
        shuffle_seed: Decides, with the number of the epoch, the order of the examples.
    """

    compiled: Compiled
    data: Data
    validation: Data
    batch_size: int
    validation_batch_size: int
    shuffle_seed: int | None

    def fit(
        self, epochs: range, callbacks: list[keras.callbacks.Callback], verbose: int = 0
    ) -> None:
        """Train epochs of these numbers, counted from 0, with all that Keras does around them."""
        model, logs = self.compiled.model, dict[str, Any]()
        called = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs.stop,
            steps=1,
        )
        model.stop_training = False
        called.on_train_begin()
        for epoch in epochs:
            called.on_epoch_begin(epoch)
            called.on_train_batch_begin(0)
            logs = self.train(epoch)
            called.on_train_batch_end(0, logs)
            called.on_test_begin()
            called.on_test_batch_begin(0)
            measured = self.evaluate()
            called.on_test_batch_end(0, measured)
            called.on_test_end(measured)
            logs = logs | {f"val_{name}": value for name, value in measured.items()}
            called.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_weights)
        called.on_train_end(logs)

    def train(self, epoch: int) -> Logs:
        """Train an epoch, counted from 0."""
        order, lent = epoch_order(rows(self.data), self.shuffle_seed, epoch), self.compiled
        rates = lent.rates and lent.rates(steps_of(order, self.batch_size) + 1)
        return lent.train(self.data, order, self.batch_size, rates)

    def evaluate(self) -> Logs:
        """Return the metrics of the validation data."""
        order = epoch_order(rows(self.validation), None, 0)
        return self.compiled.evaluate(self.validation, order, self.validation_batch_size)


def _sample_weight(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """Return a weight for each example; classes that are not named weigh 1."""
    y = np.asarray(y)
    classes = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1)
    return np.array([class_weight.get(int(index), 1.0) for index in classes], np.float32)
