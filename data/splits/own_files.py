"""Validation and test examples in files of their own, beside those for training."""

import dataclasses
from pathlib import Path

from data.data_options import DataOptions
from data.errors import InputError
from data.sources import NAMES, load_examples
from data.sources.examples import Examples
from data.split import Split
from data.tables.more_rows import more_rows

OPTIONS = ("validation", "test")


def with_files(examples: Examples, name: str, options: DataOptions) -> Examples:
    """Return the examples of a dataset with the splits that the options name files of.

    Args:
        examples: As `load_examples` returns them.
        name: What they were loaded by.
        options: `validation` and `test` are paths.

    Raises:
        InputError: There is no such file, it holds other data, or the dataset has such a split.
    """
    for split_name in OPTIONS:
        file = getattr(options, split_name)
        if file is None:
            continue
        try:
            split, notes = _read(Path(file), name, examples, options)
            if split_name in examples.splits:
                raise InputError(
                    f"expected a dataset without {split_name} examples of its own, but {name} has "
                    "some: leave one of them out."
                )
        except InputError as error:
            raise InputError(f"--{split_name} {file}: {error}") from error
        examples = dataclasses.replace(
            examples,
            splits=examples.splits | {split_name: split},
            notes=(*examples.notes, *notes),
        )
    return examples


def _read(
    path: Path, name: str, known: Examples, options: DataOptions
) -> tuple[Split, tuple[str, ...]]:
    """Return the examples of a file, and what there is to say of them."""
    if name in NAMES:
        raise InputError(f"expected a dataset that is a file or a folder, received {name}.")
    if not path.exists():
        where = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise InputError(f"there is no such file{where}.")
    if path.samefile(name):
        raise InputError("expected a file of its own, received the dataset itself.")
    form = _form(Path(name))
    if _form(path) != form:
        raise InputError(f"expected {form}, as the dataset is, received {_form(path)}.")
    if form == "a table":
        return more_rows(path, known, options), ()
    alone = dataclasses.replace(options, validation=None, test=None)
    more = load_examples(str(path), alone)
    if set(more.splits) != {"train"}:
        raise InputError(f"expected one split, received {', '.join(more.splits)}.")
    split, train = more.splits["train"], known.splits["train"]
    if _contents(split) != _contents(train):
        raise InputError(
            f"expected what the dataset holds: {_contents(train)}; received {_contents(split)}."
        )
    return split, more.notes


def _form(path: Path) -> str:
    if path.is_dir():
        return "a folder of images"
    return "an .npz" if path.suffix.lower() == ".npz" else "a table"


def _contents(split: Split) -> str:
    """Return what arrays are in a split: two splits with the same go together."""
    inputs = split.x if isinstance(split.x, dict) else {"x": split.x}
    targets = {"y": split.y} | {f"y_{name}": values for name, values in split.more.items()}
    told = [(name, values, str(values.dtype)) for name, values in inputs.items()]
    told += [(name, values, "numbers") for name, values in targets.items()]
    return ", ".join(
        f"{name} {'texts' if values.dtype.kind in 'OU' else kind}"
        f" ({', '.join(map(str, ('n', *values.shape[1:])))})"
        for name, values, kind in told
    )
