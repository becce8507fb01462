"""Keras's Adam with one kernel for each variable's update, instead of a dozen."""

from typing import Any

import keras
import tensorflow as tf

from tuner.training.keras_internals import ADAM, moments, replace_update, usable


def fuse_adam(model: keras.Model) -> None:
    """Let Adam and AdamW update a variable in one kernel; leave other optimizers as they are.

    The arithmetic is Keras's (Kingma and Ba, Adam, ICLR 2015, the formulation before section 2.1
    with "epsilon hat"), in one pass over memory. Graphs have a dozen operations a variable less:
    for small models that is a fifth of a step and a third of the time it takes to trace one. That
    holds with one thread, as in a deterministic search: among several the kernel divides even the
    smallest variable, and takes longer than a dozen.
    """
    optimizer = model.optimizer
    kinds = (keras.optimizers.Adam, keras.optimizers.AdamW)
    if type(optimizer) not in kinds or optimizer.amsgrad:
        return
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        return
    if not usable(ADAM):
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
        known = zip(*moments(optimizer), strict=True)
        of_variable = {id(v): ms for v, ms in zip(model.trainable_variables, known, strict=True)}
        for gradient, variable in zip(gradients, variables, strict=True):
            weights = variable.value
            # Only some rows, of an embedding; or another precision.
            if isinstance(gradient, tf.IndexedSlices) or weights.dtype != dtype:
                optimizer.update_step(gradient, weights, learning_rate)
                continue
            first, second = of_variable[id(variable)]
            tf.raw_ops.ResourceApplyAdam(
                var=weights.handle,
                m=first.value.handle,
                v=second.value.handle,
                grad=tf.cast(gradient, dtype),
                **numbers,
            )

    replace_update(optimizer, update)
