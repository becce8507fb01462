"""Texts: their words are embedded, and pooled or read in order; then as in `model.mlp`."""

import keras
import keras_tuner
from keras import ops

from model.mlp import body

__all__ = ["body", "encode"]

WORD_WIDTH = 64

# The share of words that is left out at random in each step: no single one is to be relied on.
LEFT_OUT = 0.3


def encode(
    hp: keras_tuner.HyperParameters, words: keras.KerasTensor, vocabulary: int
) -> keras.KerasTensor:
    """Return `(n, features)` for indices of words `(n, length)`, 0 after the end of a text."""
    there = ops.not_equal(words, 0)
    kept = keras.layers.Dropout(LEFT_OUT)(ops.cast(ops.expand_dims(there, -1), "float32"))
    embedded = keras.layers.Embedding(vocabulary, WORD_WIDTH)(words) * kept
    if "encoder" in hp and hp.get("encoder") == "recurrent":
        return keras.layers.GRU(WORD_WIDTH)(embedded, mask=there)
    # By the root of their number: long texts say more, but not that much more.
    count = ops.maximum(ops.sum(ops.cast(there, "float32"), axis=1, keepdims=True), 1.0)
    return ops.sum(embedded, axis=1) / ops.sqrt(count)
