"""The model that `train.py` has saved: loaded, and its outputs for new examples."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import track

from data.errors import InputError
from data.images import decode
from tuner.predicting.new_examples import NewExamples
from tuner.predicting.signature import Signature
from tuner.training.own_model import names_of
from tuner.trials.ending import described

# Examples a step. What is no row may be large, and so may be what a model makes of it.
ROWS, LARGE = 1024, 32


def load_shipped(folder: Path, signature: Signature) -> keras.Model:
    """Load ``model.keras``; where it needs code of one's own, that is imported.

    Raises:
        InputError: It is damaged, belongs to another signature, or its code is not there.
    """
    path = folder / "model.keras"
    try:
        model = _load(path, {})
    except Exception as error:  # Whatever Keras says of a damaged file, or of a class it lacks.
        if signature.model is None:
            raise InputError(
                f"{path} is damaged ({described(error)}): run train.py again"
            ) from error
        model = _load_with_own_code(path, signature.model)
    if {one.name for one in model.inputs} != {one.name for one in signature.inputs}:
        raise InputError(
            f"{path} and signature.json beside it do not belong together: run train.py again"
        )
    return model


def _load_with_own_code(path: Path, reference: str) -> keras.Model:
    try:
        return _load(path, names_of(reference))
    except Exception as error:
        raise InputError(
            f"{path} cannot be loaded, with the code of --model {reference} neither: "
            f"{described(error)}"
        ) from error


def _load(path: Path, own: dict[str, Any]) -> keras.Model:
    return keras.saving.load_model(path, custom_objects=own, compile=False)


def outputs_of(model: keras.Model, signature: Signature, examples: NewExamples) -> Any:
    """Return what a model says of new examples: an array `(n, ...)`, or a dict or list of them."""
    size = ROWS if signature.kind == "table" or len(signature.inputs[0].shape) == 1 else LARGE
    batches: Iterable[Any] = (
        _images(signature, examples, size) if examples.files else _batches(examples, size)
    )
    steps = -(-len(examples) // size)
    console = Console(stderr=True)
    if steps > 1 and console.is_terminal:
        batches = track(batches, "predicting", steps, console=console, transient=True)
    by_name = isinstance(model.input, dict | list)
    # Not by `model.predict`, which would round float64 to float32.
    parts = [model.predict_on_batch(b if by_name else next(iter(b.values()))) for b in batches]
    return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)


def _batches(examples: NewExamples, size: int) -> Iterator[dict[str, np.ndarray]]:
    for start in range(0, len(examples), size):
        yield {name: values[start : start + size] for name, values in examples.inputs.items()}


def _images(signature: Signature, examples: NewExamples, size: int) -> Iterator[dict[str, Any]]:
    """Yield batches of images in the size that the model makes of them, read meanwhile."""
    assert signature.image_shape is not None
    height, width, channels = signature.image_shape
    resize = keras.layers.Resizing(height, width, dtype="float32")
    [(name, paths)] = examples.inputs.items()
    images = tf.data.Dataset.from_tensor_slices([os.fsencode(path) for path in paths])
    images = images.map(
        lambda path: resize(decode(path, channels)), num_parallel_calls=tf.data.AUTOTUNE
    )
    for batch in images.batch(size).prefetch(1):
        yield {name: batch}
