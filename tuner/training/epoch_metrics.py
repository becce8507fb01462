"""A model's metrics while its epochs are compiled and reset and return them by themselves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from tuner.training.epoch import Logs


class EpochMetrics:
    """Answers Keras's `fit`, which resets and reads metrics twice an epoch, without TensorFlow.

    Each of these calls costs about as much as an epoch of a small model. Data that do not come as
    a whole epoch, which a callback may evaluate, find the metrics as Keras has them.
    """

    def __init__(self, model: keras.Model) -> None:
        self._reset, self._result = model.reset_metrics, model.get_metrics_result
        self._logs: Logs | None = None
        self._reset_is_due = False

    def reset(self) -> None:
        """Note that metrics begin anew; whoever measures something does it."""
        self._logs, self._reset_is_due = None, True

    def result(self) -> Logs:
        """Return the metrics of the epoch that was the last to be measured."""
        return self._result() if self._logs is None else self._logs

    def of_epoch(self, epoch: Callable[[], Logs]) -> Logs:
        """Measure an epoch."""
        self._logs, self._reset_is_due = epoch(), False
        return self._logs

    def of_batch(self, function: Callable[[Any], Logs], iterator: Any) -> Logs:
        """Measure a batch in Keras's way."""
        if self._reset_is_due:
            self._reset()
            self._reset_is_due = False
        return function(iterator)


@contextmanager
def epoch_metrics(model: keras.Model) -> Iterator[EpochMetrics]:
    """Put `EpochMetrics` in the place of a model's own for as long as it trains."""
    metrics, usual = EpochMetrics(model), (model.reset_metrics, model.get_metrics_result)
    model.reset_metrics, model.get_metrics_result = metrics.reset, metrics.result
    try:
        yield metrics
    finally:
        model.reset_metrics, model.get_metrics_result = usual
