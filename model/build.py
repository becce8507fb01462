"""From hyperparameters to a compiled model: body (one file for each model), outputs, optimizer."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import keras_tuner

    from data import Dataset

# A model is a file of this folder with a function `body(hp, inputs)` that returns `(n, features)`.
MODELS = ("tabular", "mlp", "cnn", "sequence", "text")


def default_model(dataset: Dataset) -> str:
    """Return the model that suits the data.

    That is tabular for tables and other columns, text where there is nothing but text, cnn for
    images of 16 pixels and more, sequence for series, else mlp.
    """
    shape = dataset.input_shape
    if len(shape) == 2:
        return "sequence"
    if dataset.layout.parts and all(part.kind == "words" for part in dataset.layout.parts):
        return "text"
    if len(shape) == 1:
        return "tabular"
    return "cnn" if len(shape) == 3 and min(shape[:2]) >= 16 else "mlp"


def build_model(
    hp: keras_tuner.HyperParameters,
    dataset: Dataset,
    model: str | None = None,
    epochs: int = 30,
    metrics: Sequence[str] = (),
) -> keras.Model:
    """Build and compile a model for the preprocessed examples of a dataset.

    For classification it returns the probability of each class, `(n, num_classes)`, for multi-label
    that of each label; for regression values in the unit of the targets, `(n, 1)` or `(n, k)`.

    Example:
        >>> build = functools.partial(build_model, dataset=load_dataset("digits"))
        >>> keras_tuner.RandomSearch(build, objective="val_accuracy")

    Args:
        hp: The hyperparameters; those it does not have are declared.
        dataset: Decides the shape of the input and the kind of output.
        model: A name out of `MODELS`; `default_model(dataset)` if `None`.
        epochs: The longest training, which a learning-rate schedule is spread over.
        metrics: Names of more metrics than its own; see `model.metrics`.

    Raises:
        InputError: The model or a metric is unknown, or does not suit the data.
    """
    import keras

    from data.errors import InputError, did_you_mean
    from model.inputs import features
    from model.optimizer import adam
    from model.outputs import add_outputs
    from model.search_space import search_space

    name = default_model(dataset) if model is None else model
    if name not in MODELS:
        raise InputError(
            f'Expected a model out of {", ".join(MODELS)}, received "{name}".'
            + did_you_mean(name, MODELS)
        )
    body = importlib.import_module(f"model.{name}").body

    if dataset.more_targets:
        raise InputError(
            f"Expected one target for the model {name}, received more: "
            f"{', '.join(dataset.more_targets)}. Several are for --model FILE.py:FUNCTION, or, if "
            "each says whether a row has a label, for --task multi-label."
        )
    if name == "text" and not dataset.layout.has_words:
        raise InputError(
            f"Expected a text for the model text, and {dataset.name} has none: name its column "
            "with --text, or use another --model."
        )
    search_space(
        hp, name, len(dataset.train) + len(dataset.validation), math.prod(dataset.input_shape)
    )
    inputs = keras.Input(dataset.input_shape, name="inputs")
    read = features(hp, inputs, dataset.layout)
    outputs, measures = add_outputs(body(hp, read), dataset, metrics)
    built = keras.Model(inputs, outputs, name=name)
    built.compile(optimizer=adam(hp, len(dataset.train), epochs), **measures)
    return built
