"""A network for tables: as `mlp`, with what makes one good on columns; see docs/tables.md."""

import keras
import keras_tuner


def body(hp: keras_tuner.HyperParameters, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return `(n, width)` for features `(n, d)`, or inputs of any shape."""
    x = keras.layers.Flatten()(inputs)
    # A weight for each feature: one that says nothing is turned down as a whole.
    x = keras.layers.EinsumDense("nd,d->nd", x.shape[-1], kernel_initializer="ones")(x)
    for _ in range(hp.get("depth")):
        x = keras.layers.Dense(hp.get("width"), "silu", kernel_initializer="lecun_normal")(x)
        x = keras.layers.Dropout(hp.get("dropout"))(x)
    return x
