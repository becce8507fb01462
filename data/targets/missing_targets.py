"""Examples without a target: nothing is learned from them."""

import dataclasses
import math

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples


def without_missing_targets(examples: Examples) -> Examples:
    """Return the examples without those that miss a target, with a note on how many they were.

    A target is missing where it is NaN or an empty text, or, of several values, where one is.

    Raises:
        InputError: A split has no target at all.
    """
    splits, missed = {}, 0
    for name, split in examples.splits.items():
        missing = np.any([_missing(y) for y in (split.y, *split.more.values())], axis=0)
        if missing.any() and missing.all():
            raise InputError(
                f"Expected a target for the examples of {examples.name}{examples.where(name)}, "
                f"received none in all {len(split)}: choose another target."
            )
        splits[name] = split.take(np.flatnonzero(~missing)) if missing.any() else split
        missed += int(missing.sum())
    if not missed:
        return examples
    whose = f"target {examples.target}".rstrip()
    note = f"{whose}: {missed} rows without a value left out"
    return dataclasses.replace(examples, splits=splits, notes=(*examples.notes, note))


def _missing(y: np.ndarray) -> np.ndarray:
    if y.dtype.kind in "OU":
        return np.asarray(y == "", bool)
    return np.isnan(y.astype(float).reshape(len(y), math.prod(y.shape[1:]))).any(axis=1)
