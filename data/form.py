"""The form in which a model takes the examples."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.split import Inputs


@dataclasses.dataclass(frozen=True)
class Form:
    """What a model takes, where it is not what the shipped models do.

    Attributes:
        raw: Inputs as they are in the source, without preprocessing: an array, or for a table a
            dict of columns `(n, 1)` by name. Numbers with decimals are float32. Images of a folder
            are resized.
        indices: Columns with many categories, and texts, as indices that the model embeds, see
            `data.preprocessing.layout`; else all are features as they are.
        columns: The names of those that it takes, of an array, too; all if empty.
        one_hot: Classes as rows of zeros and a one, `(n, classes)`, in place of their indices.
        input_shape: That of one example, which arrays are reshaped to; None as they are.
        outputs: The names of several outputs. Each is told the target of its name, or else the
            first one.
    """

    raw: bool = False
    indices: bool = False
    columns: tuple[str, ...] = ()
    one_hot: bool = False
    input_shape: tuple[int, ...] | None = None
    outputs: tuple[str, ...] = ()

    def inputs(self, x: Inputs, feature_names: tuple[str, ...]) -> Inputs:
        """Return raw inputs as the model takes them."""
        if not self.raw:
            return x
        if isinstance(x, dict):
            return {name: _single(x[name][:, None]) for name in self.columns or x}
        if self.columns:
            return {name: _single(x[:, [feature_names.index(name)]]) for name in self.columns}
        return _single(x)

    def target(self, y: np.ndarray, num_classes: int) -> np.ndarray:
        """Return a target as the model takes it; what are no classes `(n,)` stays as it is."""
        classes = num_classes and y.ndim == 1
        return np.eye(num_classes, dtype=np.float32)[y] if self.one_hot and classes else y


def _single(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32) if x.dtype == np.float64 else x


# What the shipped models take.
SHIPPED = Form(indices=True)
