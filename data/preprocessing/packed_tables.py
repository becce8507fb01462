"""From a packed table to one float32 array, inside a Keras model; see `data.columns.packed`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import keras
import numpy as np
from keras import ops

from data.columns import Column, parts_of
from data.preprocessing.arrays import smoothly_clipped
from data.preprocessing.dates import DATE, date_features
from data.preprocessing.layout import Layout, Part
from data.preprocessing.statistics import median_and_spread
from data.preprocessing.words import MOST_FEATURES, learn_words, tf_idf, word_indices

# A column with at most so many categories is one-hot; of more, a model embeds the index.
MOST_ONE_HOT = 50

# Categories that are told apart in a column, the most frequent ones; all others share one.
MOST_CATEGORIES = 100_000

# For models of one's own, which embed nothing, each category is a feature.
MOST_CATEGORY_FEATURES = 1_000

BATCH = 16 * 1024


def learn_table(
    table: dict[str, np.ndarray], columns: tuple[Column, ...], indices: bool
) -> tuple[keras.Model, Layout]:
    """Return the model from a packed table to float32 `(n, d)`, and what stands where in that.

    - Numbers are scaled by their median and quartiles and smoothly clipped, in 64 bits: what 32
      bits would lose of a large number is in its difference from the median. A missing number
      counts as the median. If a column misses numbers in training data, another feature says where.
    - Dates become several numbers, see `data.preprocessing.dates`. An unreadable one counts as
      missing.
    - Categories are one-hot. A missing one is a category like any other.
    - Texts are a feature a word.

    Args:
        table: The inputs of the training split.
        columns: What its columns are.
        indices: Whether columns with more than `MOST_ONE_HOT` categories, and texts, become
            indices, at the end of the array.
    """
    inputs = {
        name: keras.Input(
            values.shape[1:], dtype="float64" if name == "numbers" else "string", name=name
        )
        for name, values in table.items()
    }
    numbers, measured, flagged = [], [], list[int]()
    if "numbers" in table:
        numbers.append(inputs["numbers"])
        measured.append(table["numbers"])
        flagged += np.flatnonzero(np.isnan(table["numbers"]).any(axis=0)).tolist()
    features, embedded = [], list[tuple[keras.KerasTensor, str, int]]()
    for i, column in enumerate(parts_of(columns).get("texts", ())):
        texts, values = inputs["texts"][:, i : i + 1], table["texts"][:, i]
        if column.kind == "date":
            times = max(map(len, values)) > len(DATE)
            learned = np.concatenate(list(_date_features(values, times)))
            if np.isnan(learned).any():
                flagged.append(sum(part.shape[1] for part in measured))
            numbers.append(date_features(texts, times))
            measured.append(learned)
        elif column.kind == "text" and indices:
            words, length = learn_words(values)
            embedded.append((word_indices(texts, words, length), "words", len(words) + 2))
        elif column.kind == "text":
            words, _ = learn_words(values, MOST_FEATURES)
            features.append(tf_idf(texts, words, values))
        else:
            categories = _categories(values)
            if indices and len(categories) > MOST_ONE_HOT:
                lookup = keras.layers.StringLookup(vocabulary=categories[:MOST_CATEGORIES])
                index = ops.cast(lookup(texts), "float32")
                embedded.append((index, "category", lookup.vocabulary_size()))
            else:
                features.append(_one_hot(texts, categories[:MOST_CATEGORY_FEATURES], values))
    if numbers:
        joined = keras.layers.Concatenate(dtype="float64")(numbers)
        features = [*_encode_numbers(joined, np.hstack(measured), flagged), *features]
    parts = [part for part, *_ in embedded]
    outputs = keras.layers.Concatenate(dtype="float32")([*features, *parts])
    layout = _layout(sum(part.shape[1] for part in features), embedded)
    return keras.Model(inputs, outputs, name="preprocessing"), layout


def _encode_numbers(
    table: keras.KerasTensor, values: np.ndarray, flagged: list[int]
) -> list[keras.KerasTensor]:
    # Operations, not a layer `Normalization`: that one is loaded with a mean in 32 bits.
    median, spread = median_and_spread(values)
    missing = ops.isnan(table)
    scaled = smoothly_clipped((ops.where(missing, median, table) - median) / spread)
    flags = [ops.cast(ops.take(missing, flagged, axis=1), "float32")] if flagged else []
    return [ops.cast(scaled, "float32"), *flags]


def _date_features(values: np.ndarray, times: bool) -> Iterator[np.ndarray]:
    text = keras.Input((1,), dtype="string")
    features = keras.Model(text, date_features(text, times))
    for i in range(0, len(values), BATCH):
        yield np.asarray(features(ops.convert_to_tensor(values[i : i + BATCH, None])))


def _categories(values: np.ndarray) -> list[str]:
    """Return the categories, the most frequent first.

    What occurs once tells nothing about other examples.
    """
    frequent = [(-n, text) for text, n in Counter(values.tolist()).items() if n > 1]
    return [text for _, text in sorted(frequent)]


def _one_hot(
    texts: keras.KerasTensor, categories: list[str], values: np.ndarray
) -> keras.KerasTensor:
    vocabulary = categories or [""]
    lookup = keras.layers.StringLookup(vocabulary=vocabulary, output_mode="one_hot")
    one_hot = ops.cast(lookup(texts), "float32")
    # The first place is for texts out of the vocabulary. Where training data have none, its
    # weights would stay random: then such a text is all zeros.
    return one_hot if set(values.tolist()) - set(vocabulary) else one_hot[:, 1:]


def _layout(features: int, embedded: list[tuple[keras.KerasTensor, str, int]]) -> Layout:
    parts, start = [], features
    if features:
        parts.append(Part("numbers", 0, features))
    for tensor, kind, size in embedded:
        parts.append(Part(kind, start, tensor.shape[1], size))
        start += tensor.shape[1]
    return Layout(tuple(parts))
