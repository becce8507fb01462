"""How long a training waits for data that are read while it runs."""

import time
from typing import Any

import keras
import tensorflow as tf

from tuner.trials.trial import WAITING


class Waiting(keras.callbacks.Callback):
    """Adds to the logs of an epoch the share of its time in which it waited for batches.

    On a GPU, whose steps are begun ahead of their time, some of these waits keep nobody idle.
    """

    def __init__(self) -> None:
        super().__init__()
        with tf.device("CPU"):
            self._seconds = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self._began = 0.0

    def watched(self, stream: tf.data.Dataset) -> tf.data.Dataset:
        """Return a stream of the same batches whose waits are noted."""
        # `zip` asks its parts in turn: for the time, and then for the batch, which may take long.
        asked = tf.data.Dataset.counter().map(lambda _: tf.timestamp())

        def noted(asked: tf.Tensor, batch: Any) -> Any:
            self._seconds.assign_add(tf.timestamp() - asked)
            return batch

        return tf.data.Dataset.zip(asked, stream).map(noted)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin to count."""
        self._seconds.assign(0.0)
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the share to the logs, which later callbacks see."""
        if logs is not None:
            passed = time.perf_counter() - self._began
            logs[WAITING] = min(float(self._seconds) / passed, 1.0)
