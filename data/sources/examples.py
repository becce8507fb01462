"""What every source returns, and what it has to fulfil."""

import dataclasses

import numpy as np

from data.columns import Column
from data.errors import InputError
from data.large_arrays import batches
from data.split import Split

FEWEST_EXAMPLES = 10


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Examples:
    """Raw examples, before the task is settled and the missing splits are drawn.

    Attributes:
        name: For people.
        splits: "train", and "validation" and "test" when the source has its own. `y` is as in the
            source: numbers, true/false or text, `(n,)`, or rows of numbers `(n, k)`. NaN, or an
            empty text: no target.
        feature_names: A name for each column; empty for images.
        class_names: A name for each class, when the source knows better than the values of `y`,
            which count from 0 then; or for each column of `y`.
        task: "classification", "regression" or "multi-label", when the source knows.
        target: What people call the target: the name of its column.
        image_shape: (height, width, channels) when `x` holds paths of images.
        columns: What the columns of a table were taken for; those that are left out, too.
        notes: Sentences on what was noticed or decided in reading, for people.
    """

    name: str
    splits: dict[str, Split]
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    task: str | None = None
    target: str = ""
    image_shape: tuple[int, int, int] | None = None
    columns: tuple[Column, ...] = ()
    notes: tuple[str, ...] = ()

    def where(self, split_name: str) -> str:
        """Return which examples, behind a name in a message; nothing if they are not split yet."""
        return f" ({split_name})" if len(self.splits) > 1 else ""


def check_inputs(examples: Examples) -> None:
    """Refuse inputs that no model can learn from.

    Arrays hold finite numbers. In a table numbers may be missing (NaN), but are not infinite.

    Raises:
        InputError: There are too few examples, a number is not finite, or weights are no weights.
    """
    count = sum(len(split) for split in examples.splits.values())
    if count < FEWEST_EXAMPLES:
        raise InputError(
            f"Expected at least {FEWEST_EXAMPLES} examples to learn from, received {count} in "
            f"{examples.name}: add examples."
        )
    for split_name, split in examples.splits.items():
        where = examples.where(split_name)
        if split.weights is not None:
            _check_weights(split.weights, where)
        table = isinstance(split.x, dict)
        columns = split.x if isinstance(split.x, dict) else {"x": split.x}
        for name, values in columns.items():
            if values.dtype.kind != "f":
                continue
            refused = sum(_refused(values[batch], table) for batch in batches(values))
            if refused:
                others, advice = "infinite, NaN or larger", "remove or replace them"
                if table:
                    others, advice = "infinite or larger", f"{advice}, or give --drop {name}"
                raise InputError(
                    f"Expected finite numbers that fit in 32 bits in {name}{where}, "
                    f"received {refused} that are {others}: {advice}."
                )


def _refused(values: np.ndarray, table: bool) -> int:
    """Return how many numbers no model can take; those that are missing count unless in a table."""
    with np.errstate(invalid="ignore"):
        fits = np.abs(values) <= np.finfo(np.float32).max
    return int(np.count_nonzero(~fits & ~np.isnan(values) if table else ~fits))


def _check_weights(weights: np.ndarray, where: str) -> None:
    refused = ~np.isfinite(weights) | (weights < 0)
    if refused.any():
        raise InputError(
            f"Expected weights of 0 or more{where}, received {refused.sum()} that are "
            f"negative, infinite or NaN, such as {weights[refused][0]:g}: replace them."
        )
    if not weights.any():
        raise InputError(
            f"Expected weights above 0{where}, received {len(weights)} of 0: nothing would "
            "count; leave the weights out, or set some."
        )
