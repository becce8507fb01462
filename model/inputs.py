"""From preprocessed examples to features: what stands for a category or a word is embedded."""

import keras
import keras_tuner
from keras import ops

from data.preprocessing.layout import Layout, Part
from model.text import encode

CATEGORY_WIDTH = 8


def features(
    hp: keras_tuner.HyperParameters, inputs: keras.KerasTensor, layout: Layout
) -> keras.KerasTensor:
    """Return features of examples: `(n, features)` of a table, else the inputs as they are."""
    if layout.plain:
        return inputs
    starts = [part.start for part in layout.parts[1:]]
    parts = ops.split(inputs, starts, axis=1) if starts else [inputs]
    read = [_read(hp, x, part) for x, part in zip(parts, layout.parts, strict=True)]
    return keras.layers.Concatenate()(read)


def _read(hp: keras_tuner.HyperParameters, x: keras.KerasTensor, part: Part) -> keras.KerasTensor:
    if part.kind == "numbers":
        return x
    indices = ops.cast(x, "int32")
    if part.kind == "words":
        return encode(hp, indices, part.size)
    return keras.layers.Flatten()(keras.layers.Embedding(part.size, CATEGORY_WIDTH)(indices))
