"""What a training watches for after each epoch."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras

from tuner.training.figures import figures
from tuner.trials.numbers import numbers
from tuner.trials.objective import Objective
from tuner.trials.trial import Metrics

Logs = dict[str, Any] | None
EpochCallback = Callable[[int, Metrics, float], bool]


class DivergedError(Exception):
    """A loss is no longer a number: the values are infeasible."""


class CountsEpochs(keras.callbacks.Callback):
    """Counts the epochs of a training from 1, across the phases that it may have.

    Attributes:
        number: The number of the latest epoch; 0 before the first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Count an epoch, which Keras counts from 0, in each call of `fit` anew."""
        self.number = max(self.number, epoch) + 1


class StopWhenDiverged(keras.callbacks.Callback):
    """Ends a training with `DivergedError` once a training or validation loss is NaN or Inf."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the losses of an epoch, counted from 0."""
        for name in ("loss", "val_loss"):
            value = float((logs or {}).get(name, 0.0))
            if not math.isfinite(value):
                raise DivergedError(f"diverged: {name} is {value} in epoch {epoch + 1}")


class StopWhenStuck(keras.callbacks.Callback):
    """Ends a training when the validation loss has not fallen for some epochs.

    As Keras's `EarlyStopping`, but what it remembers outlives the start of a training. Where there
    is no validation loss, the objective stands for it.

    Attributes:
        best: The smallest validation loss.
        wait: Epochs since.
    """

    def __init__(self, patience: int, objective: Objective) -> None:
        super().__init__()
        self.best, self.wait = math.inf, 0
        self._patience, self._objective = patience, objective

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the validation loss of an epoch, counted from 0."""
        logs, objective = logs or {}, self._objective
        loss = float(logs.get("val_loss", objective.sort_key(logs.get(objective.name))))
        if loss < self.best:
            self.best, self.wait = loss, 0
            return
        self.wait += 1
        if self.wait >= self._patience and epoch > 0:
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Begin to count anew: a `fit` of one's own may train in several phases."""
        self.wait = 0


class KeepBestWeights(CountsEpochs):
    """Remembers the weights of the best epoch, and puts them back when training ends.

    Best by the objective; between equals, by the smaller validation loss: on small validation
    sets many epochs share one accuracy, and the first of them is seldom the best trained.

    Attributes:
        score: The objective in the best epoch; None before the first epoch.
        epoch: The best epoch, counted from 1; 0 before the first.
        loss: The validation loss in the best epoch.
        weights: Those of the best epoch; none before the first.
    """

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.score: float | None = None
        self.epoch = 0
        self._objective = objective
        self.loss = math.inf
        self.weights: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare an epoch, counted from 0, with the best so far."""
        super().on_epoch_end(epoch, logs)
        metrics = numbers(logs or {})
        score, loss = metrics[self._objective.name], metrics.get("val_loss", math.inf)
        tie = score == self.score and loss < self.loss
        if self._objective.better(score, self.score) or tie:
            self.score, self.epoch, self.loss = score, self.number, loss
            # Tensors that share their memory with the variables until those change.
            self.weights = [variable.value.value() for variable in self.model.weights]

    def on_train_end(self, logs: Logs = None) -> None:
        """Put the best weights back."""
        if self.weights:
            self.model.set_weights(self.weights)


class ReportEpochs(CountsEpochs):
    """Passes the logs of each epoch on, with the optimizer's figures, and stops when told to."""

    def __init__(self, report: EpochCallback) -> None:
        super().__init__()
        self._report = report
        self._began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Start the epoch's clock."""
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Report an epoch, counted from 0, as one counted from 1."""
        super().on_epoch_end(epoch, logs)
        # Compiled epochs bring the figures along.
        optimizer = getattr(self.model, "optimizer", None)
        known = {} if "learning_rate" in (logs or {}) else figures(optimizer)
        metrics = numbers({**(logs or {}), **known})
        seconds = time.perf_counter() - self._began
        self._began = time.perf_counter()  # A loop of one's own may not say when it begins.
        if not self._report(self.number, metrics, seconds):
            self.model.stop_training = True
