"""What was made of the target, in a sentence."""

from collections.abc import Sequence

import numpy as np

from data.targets.encoding import Targets


def target_note(name: str, known: Targets, parts: Sequence[np.ndarray]) -> str:
    """Return what a target is taken for, and why.

    Args:
        name: Of the target; may be empty.
        known: What it is.
        parts: The encoded targets of each split.
    """
    y = np.concatenate(list(parts))
    return f"{f'target {name}'.rstrip()}: {_taken(known, y)}{known.why}"


def _taken(known: Targets, y: np.ndarray) -> str:
    if known.task == "regression":
        values = f"{len(np.unique(y))} different values" if y.ndim == 1 else f"{y.shape[1]} values"
        return f"regression, {values} from {_number(y.min())} to {_number(y.max())}"
    counts = np.bincount(y) if y.ndim == 1 else y.sum(axis=0).astype(int)
    rarest = f"rarest {known.class_names[counts.argmin()]} ({counts.min()})"
    if known.task == "classification":
        return f"{len(known.class_names)} classes, {rarest}"
    return (
        f"multi-label, {len(known.class_names)} labels, {y.sum(axis=1).mean():.1f} an example on "
        f"average, {rarest}"
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) < 1e15 and float(value).is_integer() else f"{value:.6g}"
