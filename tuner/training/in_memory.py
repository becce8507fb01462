"""Training on data in memory, each epoch one compiled call where the model allows it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tuner.training.compiled import compiled
from tuner.training.epoch import Data, Logs, NotCompilableError, epoch_order, on_device, rows
from tuner.training.keras_internals import say_once
from tuner.training.progress import Progress
from tuner.training.xla import RefusedByXlaError
from tuner.trials.trial import TrainingPath

# On an H200 XLA saves 0.4 to 2 ms a step, and takes 5 s to compile (docs/training.md); early
# stopping ends most trainings halfway.
STEPS_OF_A_COMPILATION = 10_000


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
    progress: Progress | None = None,
    path: TrainingPath | None = None,
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
        shuffle_seed: Decides, with the number of an epoch, the order of the examples in it, so that
            a training that is resumed goes on as if it had never stopped. None keeps them as they
            are.
        callbacks: As for `fit`.
        progress: Where an interrupted training left off, and where this one saves. Only compiled
            epochs, whose order of examples is known, can be resumed.
        path: "xla", "compiled" or "plain". None: the first of these that is possible, "xla" only
            where it pays, on a GPU.

    Returns:
        The path that was taken.

    Raises:
        NotCompilableError: "xla" or "compiled" was asked for, and is not possible.
    """
    steps = epochs * -(-rows(train) // batch_size)
    way = path or (TrainingPath.XLA if xla_pays(steps) else TrainingPath.COMPILED)
    while way is not TrainingPath.PLAIN:
        try:
            _fit_compiled(
                model,
                *on_device((train, validation)),
                xla=way is TrainingPath.XLA,
                batch_sizes=(batch_size, validation_batch_size),
                epochs=epochs,
                shuffle_seed=shuffle_seed,
                callbacks=callbacks,
                progress=progress,
            )
            return way
        except NotCompilableError as error:
            if path is way:
                raise
            if isinstance(error, RefusedByXlaError):
                way = TrainingPath.COMPILED
                say_once(f"epochs as a loop of steps, slower on a GPU: {error}")
            else:
                way = TrainingPath.PLAIN
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
        verbose=0,
    )
    return TrainingPath.PLAIN


def xla_pays(steps: int) -> bool:
    """Return whether XLA saves a training of so many steps more than its compilation takes."""
    return steps >= STEPS_OF_A_COMPILATION and bool(tf.config.list_logical_devices("GPU"))


def _fit_compiled(
    model: keras.Model,
    train: Data,
    validation: Data,
    *,
    xla: bool,
    batch_sizes: tuple[int, int],
    epochs: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
    progress: Progress | None,
) -> None:
    """Train in epochs that are one call each; see `fit_in_memory`."""
    examples, validated = rows(train), np.arange(rows(validation))
    with compiled(model, train, validation, xla=xla) as lent:

        def train_epoch(epoch: int) -> Logs:
            order = epoch_order(examples, shuffle_seed, epoch)
            return lent.train(train, order, batch_sizes[0])

        def evaluate() -> Logs:
            return lent.evaluate(validation, validated, batch_sizes[1])

        if xla:
            evaluate()  # What XLA refuses is to show before a step is taken.
        begin = 0
        if progress is not None:
            begin = progress.restore(lent.model)
            callbacks = [*callbacks, progress]
        fit_whole_epochs(lent.model, train_epoch, evaluate, range(begin, epochs), callbacks)


def fit_whole_epochs(
    model: keras.Model,
    train: Callable[[int], Logs],
    evaluate: Callable[[], Logs],
    epochs: range,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Do what Keras's `fit` does around its steps.

    Args:
        model: To callbacks, what is trained.
        train: Trains one epoch, given its number; returns its logs.
        evaluate: Returns the metrics of the validation data.
        epochs: Their numbers, counted from 0.
        callbacks: As for `fit`.
    """
    logs = dict[str, Any]()
    called = keras.callbacks.CallbackList(
        callbacks, add_history=True, model=model, verbose=0, epochs=epochs.stop, steps=1
    )
    model.stop_training = False
    called.on_train_begin()
    for epoch in epochs:
        called.on_epoch_begin(epoch)
        called.on_train_batch_begin(0)
        logs = train(epoch)
        called.on_train_batch_end(0, logs)
        called.on_test_begin()
        called.on_test_batch_begin(0)
        measured = evaluate()
        called.on_test_batch_end(0, measured)
        called.on_test_end(measured)
        logs = logs | {f"val_{name}": value for name, value in measured.items()}
        called.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values(model.trainable_weights)
    called.on_train_end(logs)
