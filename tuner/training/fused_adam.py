"""Keras's Adam with one kernel for each variable's update, instead of a dozen."""

from typing import Any

import keras
import tensorflow as tf


def fuse_adam(optimizer: keras.optimizers.Optimizer) -> None:
    """Let Adam and AdamW update a variable in one kernel; leave other optimizers as they are.

    The arithmetic is Keras's (Kingma and Ba, Adam, ICLR 2015, the formulation before section 2.1
    with "epsilon hat"), in one pass over memory. Graphs have a dozen operations a variable less:
    for small models that is a fifth of a step and a third of the time it takes to trace one. That
    holds with one thread, as in a deterministic search: among several the kernel divides even the
    smallest variable, and takes longer than a dozen.
    """
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        return
    kinds = (keras.optimizers.Adam, keras.optimizers.AdamW)
    if type(optimizer) not in kinds or optimizer.amsgrad:
        return

    def update(gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        dtype = variables[0].value.dtype
        step = tf.cast(optimizer.iterations + 1, dtype)
        beta_1, beta_2 = (tf.constant(beta, dtype) for beta in (optimizer.beta_1, optimizer.beta_2))
        numbers = {
            "beta1_power": tf.pow(beta_1, step),
            "beta2_power": tf.pow(beta_2, step),
            "lr": tf.cast(learning_rate, dtype),
            "beta1": beta_1,
            "beta2": beta_2,
            "epsilon": tf.constant(optimizer.epsilon, dtype),
        }
        for gradient, variable in zip(gradients, variables, strict=True):
            weights = variable.value
            # Only some rows, of an embedding; or another precision.
            if isinstance(gradient, tf.IndexedSlices) or weights.dtype != dtype:
                optimizer.update_step(gradient, weights, learning_rate)
                continue
            index = optimizer._get_variable_index(variable)
            tf.raw_ops.ResourceApplyAdam(
                var=weights.handle,
                m=optimizer._momentums[index].value.handle,
                v=optimizer._velocities[index].value.handle,
                grad=tf.cast(gradient, dtype),
                **numbers,
            )

    optimizer._backend_update_step = update
