"""What is predicted: the task, the classes, and the targets as numbers.

The rule of `task="auto"`: text, true/false, and whole numbers with at most 20 distinct values are
classes. Every other target is a quantity, predicted by regression.
"""

import dataclasses

import numpy as np

from data.errors import InputError, did_you_mean
from data.sources.examples import Examples

TASKS = ("auto", "classification", "regression")
MOST_WHOLE_NUMBERS = 20


@dataclasses.dataclass(frozen=True)
class Targets:
    """What one target is.

    Attributes:
        task: "classification" or "regression".
        class_names: A name for each class index; empty for regression.
    """

    task: str
    class_names: tuple[str, ...]


def encode_targets(examples: Examples, task: str) -> tuple[Examples, Targets, dict[str, Targets]]:
    """Return the examples with encoded targets, what the target is, and what further ones are.

    Targets become int32 indices of the sorted classes, or float32 values for regression.

    Raises:
        InputError: The task is unknown, a target is missing, or the targets do not suit the task.
    """
    if task not in TASKS:
        raise InputError(
            f'Expected a task out of {", ".join(TASKS)}, received "{task}".'
            + did_you_mean(task, TASKS)
        )
    splits = list(examples.splits.values())
    encoded, known = _encode([split.y for split in splits], task, examples)
    more, known_more = [dict[str, np.ndarray]() for _ in splits], dict[str, Targets]()
    for name in splits[0].more:
        columns, known_more[name] = _encode([split.more[name] for split in splits], "auto")
        for names, column in zip(more, columns, strict=True):
            names[name] = column
    changed = [
        dataclasses.replace(split, y=y, more=names)
        for split, y, names in zip(splits, encoded, more, strict=True)
    ]
    examples = dataclasses.replace(
        examples, splits=dict(zip(examples.splits, changed, strict=True))
    )
    return examples, known, known_more


def _encode(
    parts: list[np.ndarray], task: str, told: Examples | None = None
) -> tuple[list[np.ndarray], Targets]:
    """Return the targets of each split as numbers, and what they are.

    The source may have told the task and the names of the classes.
    """
    y = np.concatenate(parts)
    distinct = _distinct(y)
    if task == "auto":
        task = (told and told.task) or _task_of(distinct)
    if task == "regression":
        _check_quantity(y)
        class_names: tuple[str, ...] = ()
    else:
        _check_classes(distinct, len(y))
        class_names = (told and told.class_names) or tuple(map(_name, distinct.tolist()))

    def encode(y: np.ndarray) -> np.ndarray:
        if class_names:
            return np.searchsorted(distinct, y).astype(np.int32)
        return y.astype(np.float32)

    return [encode(part) for part in parts], Targets(task, class_names)


def _distinct(y: np.ndarray) -> np.ndarray:
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InputError(
            f"Expected a target for every example, received {(~np.isfinite(y)).sum()} that are "
            "NaN or infinite: remove those examples."
        )
    distinct = np.unique(y)
    if len(distinct) == 1:
        raise InputError(
            f'Expected targets with at least 2 distinct values, received "{distinct[0]}" in all '
            f"{len(y)} examples: there is nothing to learn; choose another target."
        )
    return distinct


def _task_of(distinct: np.ndarray) -> str:
    if distinct.dtype.kind not in "iuf":
        return "classification"
    few = len(distinct) <= MOST_WHOLE_NUMBERS
    return "classification" if few and _whole(distinct) else "regression"


def _check_quantity(y: np.ndarray) -> None:
    if y.dtype.kind not in "biuf":
        raise InputError(
            f'Expected numbers as targets of a regression, received text such as "{y[0]}": choose '
            "another target or --task classification."
        )
    if np.abs(y).max() > np.finfo(np.float32).max:
        raise InputError("Expected targets that fit in 32 bits, received larger ones: scale them.")


def _check_classes(distinct: np.ndarray, examples: int) -> None:
    continuous = distinct.dtype.kind == "f" and not _whole(distinct)
    if 3 * len(distinct) > examples or (continuous and len(distinct) > MOST_WHOLE_NUMBERS):
        raise InputError(
            f"Expected classes with at least 3 examples each, received {len(distinct)} distinct "
            f"targets in {examples} examples: choose another target, or --task regression for a "
            "quantity."
        )


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.round(values)).all())


def _name(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
