"""Classes with too few examples to divide into splits or folds: refused, merged or left out."""

import dataclasses
import math

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split
from data.splits.splitting import HELD_OUT
from data.targets.encoding import Targets

MERGED = "other (merged)"


def without_rare_classes(
    examples: Examples, known: Targets, how: str, folds: int
) -> tuple[Examples, Targets]:
    """Return examples without classes that are too rare to divide, with a note on them.

    Args:
        examples: With targets that are indices of classes.
        known: The classes.
        how: "merge": they become one class, if they are several and have enough examples
            together; else, and for "leave-out", their examples are left out. "refuse": nothing
            changes.
        folds: How many folds there will be; 0 for none.

    Raises:
        InputError: No two classes are left.
    """
    if how == "refuse" or known.task != "classification":
        return examples, known
    names = np.array(known.class_names, object)
    counts = np.bincount(examples.splits["train"].y, minlength=len(names))
    needed = _needed(examples, folds)
    rare = counts < needed
    if not rare.any():
        return examples, known
    merged = how == "merge" and rare.sum() > 1 and counts[rare].sum() >= needed
    left = (*names[~rare], *([MERGED] if merged else []))
    if len(left) < 2:
        raise InputError(
            f"Expected 2 classes with at least {needed} examples each, received "
            f"{(~rare).sum()}: add examples, or choose another target."
        )
    index = np.where(rare, len(left) - 1 if merged else -1, np.cumsum(~rare) - 1)
    fate = f'merged into "{MERGED}"' if merged else "left out"
    note = (
        f"{_some(names[rare], counts[rare])}: too few of {needed} examples that a class needs: "
        f"{fate} ({counts[rare].sum()} examples)"
    )
    return (
        dataclasses.replace(
            examples,
            splits={name: _renumbered(split, index) for name, split in examples.splits.items()},
            notes=(*examples.notes, note),
        ),
        dataclasses.replace(known, class_names=left),
    )


def _needed(examples: Examples, folds: int) -> int:
    """Return how many training examples a class needs: one for each split, and for each fold."""
    drawn = {"test", "validation"} - set(examples.splits)
    if "test" not in drawn or not folds:
        return max(1 + len(drawn), folds)
    return max(1 + len(drawn), math.ceil(folds / (1 - HELD_OUT)) + 1)


def _renumbered(split: Split, index: np.ndarray) -> Split:
    y = index[split.y].astype(np.int32)
    kept = dataclasses.replace(split, y=y)
    return kept if (y >= 0).all() else kept.take(np.flatnonzero(y >= 0))


def _some(names: np.ndarray, counts: np.ndarray) -> str:
    shown = [f"{name} ({count})" for name, count in zip(names[:5], counts[:5], strict=True)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"class{'es' if len(names) > 1 else ''} {', '.join(shown)}{more}"
