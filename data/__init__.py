"""Where the examples come from: `load_dataset` turns a name or a path into a `Dataset`.

Nothing here imports TensorFlow before a dataset is preprocessed or streamed.
"""

from collections.abc import Sequence
from typing import Any

from data.data_options import DataOptions
from data.dataset import Dataset
from data.errors import InputError
from data.fingerprint import fingerprint
from data.large_arrays import where_kept
from data.shipping import with_preprocessing
from data.sources import load_examples
from data.sources.examples import Examples, check_inputs
from data.split import Inputs, Split
from data.splits.own_files import with_files
from data.splits.splitting import division_notes, draw_splits
from data.targets.encoding import Targets, encode_targets
from data.targets.missing_targets import without_missing_targets
from data.targets.rare_classes import without_rare_classes
from data.targets.target_notes import target_note

__all__ = ["DataOptions", "Dataset", "Inputs", "Split", "load_dataset", "with_preprocessing"]


def load_dataset(
    name: str = "digits",
    seed: int = 0,
    target: str | Sequence[str] | None = None,
    folds: int = 0,
    **asked: Any,
) -> Dataset:
    """Load a dataset and split it into train, validation and test.

    Example:
        >>> dataset = load_dataset("digits", seed=0)
        >>> dataset.train.x.shape, dataset.num_classes
        ((1257, 8, 8, 1), 10)

    Args:
        name: A name out of `data.sources.NAMES`, or the path of a table, an `.npz` or a folder of
            images.
        seed: Decides which examples go to train, validation and test. 0 is a seed.
        target: The column of a table to predict, or several: see `DataOptions`.
        folds: How many folds it will be divided into: a class needs an example for each.
        asked: How it is to be read otherwise: fields of `DataOptions`.

    Raises:
        InputError: The dataset is not there, is damaged, or does not suit the task.
    """
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    options = DataOptions(target=targets, **asked)
    examples = load_examples(name, options)
    _require_told(examples, options)
    examples = without_missing_targets(with_files(examples, name, options))
    check_inputs(examples)
    examples, known, more = encode_targets(examples, options)
    examples, known = without_rare_classes(examples, known, options.rare_classes, folds)
    strata = known.class_names if known.task == "classification" else ()
    splits = draw_splits(examples, strata, seed)
    divided = division_notes(splits, options.groups or "groups", options.time or "time")
    kept = where_kept(s.x for s in splits.values() if not isinstance(s.x, dict))
    columns = tuple((column.name, column.kind) for column in examples.columns)
    facts = (known.task, seed, examples.feature_names, known.class_names, *columns)
    return Dataset(
        name=examples.name,
        task=known.task,
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        feature_names=examples.feature_names,
        class_names=known.class_names,
        seed=seed,
        fingerprint=fingerprint(splits.values(), bool(examples.image_shape), facts),
        image_shape=examples.image_shape,
        more_targets=more,
        columns=examples.columns,
        target=examples.target,
        notes=(*examples.notes, *_target_notes(examples, known, more), *divided, *kept),
        own_validation="validation" in examples.splits,
    )


def _target_notes(examples: Examples, known: Targets, more: dict[str, Targets]) -> list[str]:
    splits = examples.splits.values()
    first = target_note(examples.target, known, [split.y for split in splits])
    return [
        first,
        *(target_note(n, one, [split.more[n] for split in splits]) for n, one in more.items()),
    ]


def _require_told(examples: Examples, options: DataOptions) -> None:
    """Raise if a source was asked for groups or times and has no columns that tell them."""
    for option in ("groups", "time"):
        if getattr(options, option) and getattr(examples.splits["train"], option) is None:
            raise InputError(
                f"--{option} names a column of a table, and {examples.name} is none (an .npz has "
                f"an array called {option}): leave it out."
            )
