"""A leak of TensorFlow's, stopped: no graph outlives the model that it was traced for."""

from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.framework import ops


@contextmanager
def graphs_released() -> Iterator[None]:
    """Let go of the graphs of training steps that are traced inside.

    Keras's optimizers sum gradients over replicas by way of `tf.custom_gradient`, even where there
    is only one. That enters a function in a global table, for ever, and with it the whole graph
    (tensorflow/tensorflow#97697): 2 to 10 MB for each model that is trained. Nothing looks there
    again once the gradients are in the graph.
    """
    table = ops.gradient_registry._registry
    before = set(table)
    try:
        yield
    finally:
        for name in table.keys() - before:
            if name.startswith("CustomGradient-"):
                del table[name]
