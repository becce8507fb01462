"""What is predicted: the task, the classes or labels, and the targets as numbers.

The rule of `task="auto"`: text, true/false, and whole numbers with at most 20 distinct values are
classes, unless they are more than 10 and some occur less than 3 times. So are rows of zeros and a
one. Rows of 0 and 1 otherwise say which labels an example has, any number of them. Every other
target is a quantity, or several, predicted by regression.
"""

import dataclasses

import numpy as np

from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.sources.examples import Examples

TASKS = ("auto", "classification", "regression", "multi-label")
MOST_WHOLE_NUMBERS = 20
# Of more whole numbers than this, of which some are too rare to be divided as classes are, people
# mean an amount.
MOST_RARE, FEWEST_EXAMPLES = 10, 3
OVERRULED = "; --task overrules"

# Texts that say whether an example has a label.
TRUTH = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}


@dataclasses.dataclass(frozen=True)
class Targets:
    """What one target is.

    Attributes:
        task: "classification", "regression" or "multi-label".
        class_names: A name for each class index, or for each label; empty for regression.
        why: Where nobody has said the task, the end of a sentence on it: why, what overrules it.
    """

    task: str
    class_names: tuple[str, ...]
    why: str = ""


def encode_targets(
    examples: Examples, options: DataOptions
) -> tuple[Examples, Targets, dict[str, Targets]]:
    """Return the examples with encoded targets, what the target is, and what further ones are.

    Targets become int32 indices `(n,)` of the sorted classes; float32 values for regression, `(n,)`
    or `(n, k)`; float32 rows `(n, labels)` of 0 and 1.

    Raises:
        InputError: The task is unknown, or the targets do not suit it.
    """
    if options.task not in TASKS:
        raise InputError(
            f'Expected a task out of {", ".join(TASKS)}, received "{options.task}".'
            + did_you_mean(options.task, TASKS)
        )
    if options.task == "multi-label":
        examples = _in_one(examples)
    splits = list(examples.splits.values())
    tolerant = options.rare_classes != "refuse"
    encoded, known = _encode([split.y for split in splits], options.task, examples, tolerant)
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


def _in_one(examples: Examples) -> Examples:
    """Return examples whose several targets, a label each, are the columns of one."""
    splits, names = {}, (examples.target, *examples.splits["train"].more)
    if len(names) == 1 or examples.splits["train"].y.ndim == 2:
        return examples
    for split_name, split in examples.splits.items():
        columns = [
            _zeros_and_ones(name, y)
            for name, y in zip(names, (split.y, *split.more.values()), strict=True)
        ]
        splits[split_name] = dataclasses.replace(split, y=np.column_stack(columns), more={})
    return dataclasses.replace(examples, splits=splits, class_names=names)


def _zeros_and_ones(name: str, y: np.ndarray) -> np.ndarray:
    if y.dtype.kind in "OU":
        y = np.array([TRUTH.get(str(text).lower(), np.nan) for text in y])
    if y.ndim != 1 or not np.isin(y, (0, 1)).all():
        raise InputError(
            f'--task multi-label: expected 0 and 1, or true and false, in "{name}", received '
            "other values: choose columns that say whether a row has a label."
        )
    return y


def _encode(
    parts: list[np.ndarray], asked: str, told: Examples | None = None, tolerant: bool = False
) -> tuple[list[np.ndarray], Targets]:
    """Return the targets of each split as numbers, and what they are.

    Args:
        parts: The targets of each split.
        asked: The task, or "auto".
        told: What the source may have told: the task, and names of classes.
        tolerant: Rare classes are seen to later.
    """
    y, names = np.concatenate(parts), told.class_names if told else ()
    _check_finite(y)
    task, why = (asked, "") if asked != "auto" else ((told and told.task) or "", "")
    if not task:
        task, why = _task_of(y, tolerant)
    if task == "multi-label":
        return _labels(parts, y, names, why)
    if task == "classification" and y.ndim == 2:
        _check_one_hot(y)
        parts, y = [part.argmax(axis=1) for part in parts], y.argmax(axis=1)
    distinct = _distinct(y)
    if task == "regression":
        _check_quantity(y, distinct)
        return [part.astype(np.float32) for part in parts], Targets(task, (), why)
    _check_classes(distinct, len(y), tolerant)
    encoded = [np.searchsorted(distinct, part).astype(np.int32) for part in parts]
    return encoded, Targets(task, _named(distinct, names), why)


def _labels(
    parts: list[np.ndarray], y: np.ndarray, names: tuple[str, ...], why: str
) -> tuple[list[np.ndarray], Targets]:
    if y.dtype.kind in "OU" or not np.isin(y, (0, 1)).all():
        raise InputError(
            "--task multi-label: expected rows of 0 and 1, one for each label that an example can "
            f"have, received such as {y[0]}: give a matrix y (n, labels) in an .npz, or --target "
            "for each column of labels in a table."
        )
    _distinct(y)
    labels = y.shape[1] if y.ndim == 2 else 1
    names = names or tuple(f"label_{i}" for i in range(labels))
    rows = [part.reshape(len(part), labels).astype(np.float32) for part in parts]
    return rows, Targets("multi-label", names, why)


def _task_of(y: np.ndarray, tolerant: bool) -> tuple[str, str]:
    """Return the task that suits a target, and why; `tolerant`: classes may be rare."""
    if y.ndim == 2:
        if not np.isin(y, (0, 1)).all():
            return "regression", OVERRULED
        if (y.sum(axis=1) == 1).all():
            return "classification", f", since each row is zeros and a one{OVERRULED}"
        return "multi-label", f", since its rows are of 0 and 1{OVERRULED}"
    if y.dtype.kind not in "iuf":
        return "classification", f", since it is {'true/false' if y.dtype.kind == 'b' else 'text'}"
    distinct, counts = np.unique(y, return_counts=True)
    if len(distinct) <= MOST_WHOLE_NUMBERS and _whole(distinct):
        if len(distinct) > MOST_RARE and counts.min() < FEWEST_EXAMPLES and not tolerant:
            few = f"some of {len(distinct)} whole numbers occur less than {FEWEST_EXAMPLES} times"
            return "regression", f", since {few}{OVERRULED}"
        few = f"at most {MOST_WHOLE_NUMBERS} whole numbers"
        return "classification", f", since its values are {few}{OVERRULED}"
    return "regression", OVERRULED


def _check_finite(y: np.ndarray) -> None:
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InputError(
            f"Expected finite targets, received {(~np.isfinite(y)).sum()} that are infinite: "
            "correct them, or leave them empty (NaN): such examples are left out."
        )


def _distinct(y: np.ndarray) -> np.ndarray:
    distinct = np.unique(y)
    if len(distinct) == 1:
        raise InputError(
            f'Expected targets with at least 2 distinct values, received "{distinct[0]}" in all '
            f"{len(y)} examples: there is nothing to learn; choose another target."
        )
    return distinct


def _check_one_hot(y: np.ndarray) -> None:
    wrong = ~(np.isin(y, (0, 1)).all(axis=1) & (y.sum(axis=1) == 1))
    if wrong.any():
        raise InputError(
            "--task classification: expected a class for each example, or rows of zeros and a "
            f"one, received {wrong.sum()} other rows, such as {y[wrong][0].tolist()}: leave --task "
            "out, or give --task multi-label for rows of 0 and 1, --task regression for others."
        )


def _check_quantity(y: np.ndarray, distinct: np.ndarray) -> None:
    if y.dtype.kind not in "biuf":
        classes = "; or give --task classification" if 3 * len(distinct) <= len(y) else ""
        raise InputError(
            f"Expected numbers as targets of a regression, received text such as "
            f'"{_no_number(distinct) or distinct[0]}": correct such values, or leave them empty '
            f"(such examples are left out){classes}."
        )
    if np.abs(y).max() > np.finfo(np.float32).max:
        raise InputError("Expected targets that fit in 32 bits, received larger ones: scale them.")


def _check_classes(distinct: np.ndarray, examples: int, tolerant: bool) -> None:
    numeric = distinct.dtype.kind in "iuf"
    continuous = distinct.dtype.kind == "f" and not _whole(distinct)
    too_many = 3 * len(distinct) > examples and not tolerant
    if not too_many and not (continuous and len(distinct) > MOST_WHOLE_NUMBERS):
        return
    received = f"received {len(distinct)} distinct targets in {examples} examples"
    if numeric:
        advice = "give --task regression for a quantity, or choose another target"
    elif (share := _share_of_numbers(distinct)) > 0.5:
        advice = (
            f'most are numbers, but "{_no_number(distinct)}" is none ({1 - share:.0%} are like '
            "it): correct such values, or leave them empty (such examples are left out)"
        )
    else:
        advice = (
            "text that differs in nearly every example is a name or free text: choose another "
            "target, or give --rare-classes leave-out to keep the frequent ones"
        )
    raise InputError(f"Expected classes with at least 3 examples each, {received}: {advice}.")


def _share_of_numbers(distinct: np.ndarray) -> float:
    return 1 - sum(not _is_number(text) for text in distinct) / len(distinct)


def _no_number(distinct: np.ndarray) -> str:
    return next((str(text) for text in distinct if not _is_number(text)), "")


def _is_number(text: object) -> bool:
    try:
        float(str(text))
    except ValueError:
        return False
    return True


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.round(values)).all())


def _named(distinct: np.ndarray, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name for each class: the one that its number has in the source, or its value."""
    counted = distinct.dtype.kind in "biuf" and _whole(distinct)
    if not names or not counted:
        return tuple(map(_name, distinct.tolist()))
    if distinct[0] < 0 or distinct[-1] >= len(names):
        raise InputError(
            f"Expected classes from 0 to {len(names) - 1}, since there are {len(names)} names for "
            f"them, received {distinct[0]} to {distinct[-1]}: name all of them, or none."
        )
    return tuple(names[int(number)] for number in distinct)


def _name(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
