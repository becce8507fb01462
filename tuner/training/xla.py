"""An epoch as one XLA program, for a device that is faster than whoever gives it its steps.

A GPU takes 0.1 ms for a step of a small model; TensorFlow's loop, which starts each of its
operations from the host, 0.5 to 2 ms (docs/training.md). The price is compilation, seconds for each
architecture, batch size and number of examples, since XLA wants every shape beforehand.
"""

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import tensorflow as tf

from tuner.training.epoch import Data, Epoch, LearningRates, Logs, NotCompilableError, Steps, gather
from tuner.training.keras_internals import graphs_for_xla


class RefusedByXlaError(NotCompilableError):
    """XLA cannot compile an epoch; the message says why."""


def batch(data: Data, rows: tf.Tensor) -> Data:
    """Return these rows of all arrays, their number concealed from Python.

    Keras weighs the losses of several outputs by it where it knows it, which in `fit` it does not.
    """

    def conceal(array: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.PlaceholderWithDefault(input=array, shape=[None, *array.shape[1:]])

    return tf.nest.map_structure(conceal, gather(data, rows))


def xla_epoch(steps: Steps, data: Data) -> Epoch:
    """Return the epoch of `compile_epoch` as an XLA program, compiled when it is first called.

    The last, smaller batch is a step of its own.

    Args:
        steps: What the program is made of.
        data: Tensors like those it will run on.

    Returns:
        As `compile_epoch`. It raises `RefusedByXlaError`, with no step taken, where XLA has no
        such program.
    """
    no_logs = steps.no_logs(data)
    programs = dict[tuple[int, int], Callable[..., Logs]]()
    refused = dict[tuple[int, int], str]()

    @tf.function(autograph=False, jit_compile=True)
    def program(data: Data, order: tf.Tensor, rates: tf.Tensor, batch_size: int) -> Logs:
        whole, rest = divmod(int(order.shape[0]), batch_size)
        batches = tf.reshape(order[: whole * batch_size], (whole, batch_size))

        def take_step(number: tf.Tensor, _: Logs) -> tuple[tf.Tensor, Logs]:
            return number + 1, steps.take(batch(data, batches[number]), rates[number])

        steps.reset()
        logs = no_logs
        if whole:
            logs = tf.while_loop(lambda number, _: number < whole, take_step, (0, no_logs))[1]
        if rest:
            logs = steps.take(batch(data, order[-rest:]), rates[whole])
        return steps.end(logs, rates[-1])

    def epoch(
        data: Data, order: np.ndarray, batch_size: int, rates: LearningRates = np.zeros
    ) -> Logs:
        due = tf.constant(rates(-(-len(order) // batch_size) + 1), tf.float32)
        arguments = data, tf.constant(order, tf.int32), due
        shape = len(order), batch_size
        if shape in refused:
            raise RefusedByXlaError(refused[shape])
        if shape in programs:
            return programs[shape](*arguments, batch_size)
        with nullcontext() if steps.may_be_own else graphs_for_xla():
            traced = program.get_concrete_function(*arguments, batch_size)
        try:
            logs = traced(*arguments, batch_size)
        except tf.errors.ResourceExhaustedError:
            raise
        except tf.errors.OpError as error:
            refused[shape] = f"XLA: {error.message}"
            raise RefusedByXlaError(refused[shape]) from error
        programs[shape] = traced
        return logs

    return epoch
