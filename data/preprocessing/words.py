"""Free text as words: their indices, or how much each says of a text (tf-idf)."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

# A vocabulary has at most so many words, the most frequent ones.
MOST_WORDS = 20_000

# Of a text, at most so many words are read: all words of 95 of 100 texts, as long as that is less.
MOST_READ = 256
READ_WHOLE = 95

# For models of one's own, each word is a feature.
MOST_FEATURES = 1_000

BATCH = 1024


def learn_words(texts: np.ndarray, most: int = MOST_WORDS) -> tuple[list[str], int]:
    """Return the words that occur at least twice, and how many words of a text are to be read.

    Args:
        texts: Those of training data, `(n,)`.
        most: How many words at most.
    """
    layer = keras.layers.TextVectorization(ragged=True)
    batches = _batches(texts)
    layer.adapt([np.concatenate(batches)])
    words = layer.get_vocabulary()[2:]  # The most frequent first, after "" and "unknown".
    if not words:
        return ["a"], 1  # Keras knows no empty vocabulary.
    counts, lengths = np.zeros(len(words) + 2, int), []
    for batch in batches:
        indices = layer(batch)
        counts += np.bincount(indices.flat_values, minlength=len(counts))
        lengths.append(indices.row_lengths())
    longest = int(np.percentile(np.concatenate(lengths), READ_WHOLE))
    frequent = words[: min(most, int((counts[2:] > 1).sum()))]
    return frequent or words[:1], min(max(longest, 1), MOST_READ)


def word_indices(texts: keras.KerasTensor, words: list[str], length: int) -> keras.KerasTensor:
    """Return the indices of the first words, float32 `(n, length)`: 0 for none, 1 for unknown."""
    layer = keras.layers.TextVectorization(vocabulary=words, output_sequence_length=length)
    return ops.cast(layer(texts), "float32")


def tf_idf(texts: keras.KerasTensor, words: list[str], training: np.ndarray) -> keras.KerasTensor:
    """Return how often each word occurs, weighted by how rare it is: float32 `(n, 1 + words)`.

    The first place is for all other words. Each text has the length 1.
    """
    occurs = keras.layers.TextVectorization(vocabulary=words, output_mode="multi_hot")
    texts_with = sum(np.asarray(occurs(batch)).sum(axis=0) for batch in _batches(training))[1:]
    layer = keras.layers.TextVectorization(
        vocabulary=words,
        output_mode="tf_idf",
        idf_weights=np.log1p(len(training) / (1 + texts_with)).tolist(),
    )
    # Keras takes a column of texts for texts in rows where it infers the shape.
    weights = ops.reshape(layer(texts), (-1, len(words) + 1))
    return keras.layers.UnitNormalization(dtype="float32")(weights)


def _batches(texts: np.ndarray) -> list[np.ndarray]:
    return [texts[i : i + BATCH, None] for i in range(0, len(texts), BATCH)]
