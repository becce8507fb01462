"""Which class a classifier's outputs say: one column or many, probabilities or logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def predicted_classes(outputs: np.ndarray, logits: bool = False) -> np.ndarray:
    """Return the number of the class that each output says, shape ``(n,)``.

    Args:
        outputs: Of a column a class, shape ``(n, classes)``, the largest counts. One column,
            ``(n, 1)`` or ``(n,)``, is about the second of two classes: its probability, or its
            log-odds.
        logits: Outputs are logits, see `gives_logits`.
    """
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        return outputs.argmax(axis=1)
    return (outputs.reshape(-1) > (0.0 if logits else 0.5)).astype(int)


def gives_logits(model: keras.Model) -> bool:
    """Tell whether a compiled model's outputs are logits: its loss says ``from_logits``."""
    return bool(getattr(getattr(model, "loss", None), "from_logits", False))
