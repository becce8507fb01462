"""How long a training waits for data that are read while it runs."""

import time
from typing import Any

import keras
import tensorflow as tf

from tuner.trials.trial import WAITING


class Waiting(keras.callbacks.Callback):
    """Adds to the logs of an epoch the share of its time in which it waited for batches.

    Not where there is a GPU: its steps are begun ahead of their time, so that waits keep nobody
    idle, and a deterministic process refuses to look at a clock.
    """

    def __init__(self) -> None:
        super().__init__()
        self._measures = not tf.config.list_logical_devices("GPU")
        self._seconds = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self._began = 0.0

    def watched(self, stream: tf.data.Dataset) -> tf.data.Dataset:
        """Return a stream of the same batches whose waits are noted."""
        if not self._measures:
            return stream
        # `zip` asks its parts in turn: for the time, and then for the batch, which may take long.
        asked = tf.data.Dataset.counter().map(lambda _: tf.timestamp())

        def noted(asked: tf.Tensor, batch: Any) -> Any:
            self._seconds.assign_add(tf.timestamp() - asked)
            return batch

        # TensorFlow would fetch ahead by itself, and its thread would wait in place of the steps.
        options = tf.data.Options()
        options.experimental_optimization.inject_prefetch = False
        return tf.data.Dataset.zip(asked, stream).map(noted).with_options(options)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin to count."""
        self._seconds.assign(0.0)
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the share to the logs, which later callbacks see."""
        if logs is not None and self._measures:
            passed = time.perf_counter() - self._began
            logs[WAITING] = min(float(self._seconds) / passed, 1.0)
