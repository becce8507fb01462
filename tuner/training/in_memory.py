"""Keras's `fit` on data in memory, each epoch one compiled call where the model allows it."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tuner.training.compiled import Compiled, NotCompilableError, compiled
from tuner.training.epoch import Data, Logs, epoch_order, on_device, rows, steps_of
from tuner.training.epoch_metrics import EpochMetrics, epoch_metrics
from tuner.training.progress import Progress
from tuner.trials.trial import TrainingPath

# What `fit` is told to iterate over: no more than the word that an epoch is due.
_WORD = {"whole_epoch": tf.TensorSpec([], tf.bool)}


def fit_in_memory(
    model: keras.Model,
    train: Data,
    validation: Data,
    *,
    batch_size: int,
    validation_batch_size: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
    class_weight: dict[int, float] | None = None,
    progress: Progress | None = None,
    path: TrainingPath | None = None,
    **options: Any,
) -> TrainingPath:
    """Train as `model.fit` does, to the same numbers but for the order of the examples.

    To callbacks an epoch is one batch, as with a large `steps_per_execution`. While it trains,
    their `self.model` is the one to look at: it may be a twin of `model`, with the same variables
    in the same order, whose graph an earlier trial has traced. `model` gets the outcome. The logs
    of a twin have its optimizer's `figures`, too.

    A model that cannot be compiled (`run_eagerly`, a `fit` of its own, several devices, a step
    that does not trace on tensors of such data) is trained by plain `fit`.

    Args:
        model: Compiled.
        train: (x, y) or (x, y, sample_weight): arrays, or dicts or tuples of them.
        validation: Likewise.
        batch_size: Examples a step; the last batch of an epoch may be smaller.
        validation_batch_size: Examples a step of evaluation.
        shuffle_seed: Together with the number of an epoch it decides the order of the examples,
            so that a training that is resumed with `initial_epoch`, and with the variables of the
            model and of its optimizer restored, goes on as if it had never stopped. `None` keeps
            the examples as they are.
        callbacks: As for `fit`.
        class_weight: A weight for each class index, in place of sample weights.
        progress: Where an interrupted training left off, and where this one saves. Only compiled
            epochs, whose order of examples is known, can be resumed.
        path: "compiled" or "plain"; None: compiled where that is possible.
        options: Whatever else `fit` takes: `epochs`, `initial_epoch`, `verbose`, ….

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
                epochs = _WholeEpochs(
                    lent, on_train, on_validation, batch_size, validation_batch_size, shuffle_seed
                )
                if progress is not None:
                    options["initial_epoch"] = progress.restore(lent.model)
                    callbacks = [*callbacks, progress]
                epochs.fit(callbacks, options)
            return TrainingPath.COMPILED
        except NotCompilableError:
            if path is TrainingPath.COMPILED:
                raise
    tf.random.set_seed(shuffle_seed or 0)
    model.fit(
        *train[:2],
        sample_weight=train[2] if len(train) > 2 else None,
        validation_data=validation,
        shuffle=shuffle_seed is not None,
        callbacks=callbacks,
        batch_size=batch_size,
        validation_batch_size=validation_batch_size,
        **options,
    )
    return TrainingPath.PLAIN


@dataclass
class _WholeEpochs:
    """Keras's `fit`, with a compiled epoch in the place of each batch.

    Attributes:
        compiled: The model and its epochs.
        train: Tensors.
        validation: Tensors.
        batch_size: Examples a step.
        validation_batch_size: Examples a step of evaluation.
        shuffle_seed: Decides, with the number of the epoch, the order of the examples.
        number: The number of the epoch, counted from 0.
    """

    compiled: Compiled
    train: Data
    validation: Data
    batch_size: int
    validation_batch_size: int
    shuffle_seed: int | None
    number: int = 0

    def fit(self, callbacks: list[keras.callbacks.Callback], options: dict[str, Any]) -> None:
        """Train as Keras does, with all that it does between batches and epochs."""
        model = self.compiled.model
        model.make_train_function()
        model.make_test_function()
        usual = model.train_function, model.test_function
        words = tf.data.Dataset.from_tensors({"whole_epoch": True}).repeat()
        words = words.with_options(_bare_options())
        with epoch_metrics(model) if self.compiled.resets else nullcontext() as metrics:
            model.train_function = _instead(self._train_epoch, usual[0], metrics)
            model.test_function = _instead(self._evaluate, usual[1], metrics)
            try:
                model.fit(
                    words,
                    steps_per_epoch=1,
                    validation_data=words,
                    validation_steps=1,
                    shuffle=False,
                    callbacks=[keras.callbacks.LambdaCallback(self._note_number), *callbacks],
                    **options,
                )
            finally:
                model.train_function, model.test_function = usual

    def _note_number(self, epoch: int, logs: Logs | None) -> None:
        self.number = epoch

    def _train_epoch(self) -> Logs:
        order = epoch_order(rows(self.train), self.shuffle_seed, self.number)
        lent = self.compiled
        if lent.rates is None:
            return lent.train(self.train, order, self.batch_size)
        rates = lent.rates(steps_of(order, self.batch_size) + 1)
        logs = lent.train(self.train, order, self.batch_size, rates)
        # Where a schedule gives it, callbacks see the one that is due.
        lent.model.optimizer.learning_rate = rates[-1]
        return logs

    def _evaluate(self) -> Logs:
        order = epoch_order(rows(self.validation), None, self.number)
        return self.compiled.evaluate(self.validation, order, self.validation_batch_size)


def _bare_options() -> tf.data.Options:
    """Return options without which each new iterator would tune itself, for some milliseconds."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    options.threading.private_threadpool_size = 1
    return options


def _instead(
    epoch: Callable[[], Logs], usual: Callable[[Any], Logs], metrics: EpochMetrics | None
) -> Callable[[Any], Logs]:
    """Return a function that takes a whole epoch when one is due.

    Other data, which a callback may evaluate, go the usual way.
    """

    def function(iterator: Any) -> Logs:
        due = getattr(iterator, "element_spec", None) == _WORD
        if metrics is None:
            return epoch() if due else usual(iterator)
        return metrics.of_epoch(epoch) if due else metrics.of_batch(usual, iterator)

    return function


def _sample_weight(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """Return a weight for each example; classes that are not named weigh 1."""
    y = np.asarray(y)
    classes = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1)
    return np.array([class_weight.get(int(index), 1.0) for index in classes], np.float32)
