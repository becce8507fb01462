"""Figures of an optimizer that are worth looking at after each epoch."""

from typing import Any

import keras
import tensorflow as tf

from tuner.training.keras_internals import ADAM, moments, plain_optimizer, usable


def figures(optimizer: keras.optimizers.Optimizer | None) -> dict[str, Any]:
    """Return the learning rate and, of Adam and its kin, the norm of the gradient.

    In a graph these are tensors of the graph. At least one step must have been taken. A model that
    was not compiled has no optimizer, and so no figures.
    """
    if optimizer is None:
        return {}
    rate = tf.convert_to_tensor(optimizer.learning_rate)
    optimizer = plain_optimizer(optimizer)
    if not (isinstance(optimizer, keras.optimizers.Adam) and usable(ADAM)):
        return {"learning_rate": rate}
    return {"learning_rate": rate, "gradient_norm": _gradient_norm(optimizer)}


def _gradient_norm(adam: keras.optimizers.Adam) -> tf.Tensor:
    """Return the root mean square of the global norm of the gradient, after clipping.

    Adam has it at hand, so that steps do not have to compute it: the second moments are the mean of
    the squared gradient, over about the last 1 / (1 - beta_2) steps (Kingma and Ba, 2015,
    section 3: the bias towards zero is divided out).
    """
    squares = tf.add_n([tf.reduce_sum(moment) for moment in moments(adam)[1]])
    known = 1 - tf.pow(tf.cast(adam.beta_2, squares.dtype), tf.cast(adam.iterations, squares.dtype))
    return tf.sqrt(squares / known)
