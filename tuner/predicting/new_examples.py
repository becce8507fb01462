"""New examples, read as those that a model was trained on; one that cannot be read refuses all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import InputError, did_you_mean
from data.tables.new_rows import read_new_rows
from tuner.predicting.signature import Signature

# A message names so many.
NAMED = 5


@dataclass(frozen=True)
class NewExamples:
    """Inputs of a model by name, `(n, ...)` each; images are paths.

    Attributes:
        inputs: One for each of the signature.
        files: Of images, their names as they were found.
    """

    inputs: dict[str, np.ndarray]
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


def read_new(paths: Sequence[str], signature: Signature) -> NewExamples:
    """Read new examples: of a table, of arrays, or images.

    Raises:
        InputError: They are not there, are of another kind, or some cannot be read; those are
            named.
    """
    if signature.kind == "images":
        return _images(paths, signature)
    if len(paths) > 1:
        raise InputError(
            f"Expected one file, since the model takes {_wanted(signature)}, received "
            f"{len(paths)}: {', '.join(paths[:NAMED])}."
        )
    path = Path(paths[0])
    if not path.exists():
        near = did_you_mean(path.name, (file.name for file in path.parent.glob("*")))
        raise InputError(f'Expected a file, but "{path}" does not exist.{near}')
    if path.suffix.lower() == ".npz":
        examples = NewExamples(_arrays(path, signature))
    elif not path.is_dir() and (signature.kind == "table" or signature.columns):
        examples = NewExamples(_table(path, signature))
    else:
        raise InputError(
            f'Expected {_wanted(signature)}, as the model was trained on, received "{path}".'
        )
    if not len(examples):
        raise InputError(f"Expected examples to predict in {path}, received none.")
    return examples


def _wanted(signature: Signature) -> str:
    if signature.kind == "table":
        return "a table such as a .csv"
    return "an .npz with x" + (", or a table" if signature.columns else "")


def _images(paths: Sequence[str], signature: Signature) -> NewExamples:
    from data.images import find_images, printable, read_all

    files, _ = find_images(paths)
    if not files:
        raise InputError(f"Expected images, received none in {', '.join(paths[:NAMED])}.")
    read_all(files)
    folders = [Path(path) for path in paths if Path(path).is_dir()]
    names = files if len(paths) > 1 or not folders else [f.relative_to(folders[0]) for f in files]
    [taken] = signature.inputs
    return NewExamples({taken.name: np.array(list(map(str, files)))}, tuple(map(printable, names)))


def _arrays(path: Path, signature: Signature) -> dict[str, np.ndarray]:
    from data.sources.npz_file import load_arrays

    arrays = load_arrays(path)
    if "x" not in arrays:
        some = ", ".join(arrays) or "no arrays"
        raise InputError(f"Expected the new examples in {path} as x, received {some}.")
    if signature.kind == "table":
        return _texts(path, arrays["x"], signature)
    return _of_array(path, arrays["x"], signature)


def _of_array(path: Path, x: np.ndarray, signature: Signature) -> dict[str, np.ndarray]:
    """Return an array as the model takes it: whole, or its columns by name."""
    inputs, features = signature.inputs, [column.name for column in signature.columns]
    by_name = {one.name for one in inputs} <= set(features)
    x = _shaped(path, x, (len(features),) if by_name else inputs[0].shape)
    finite = np.isfinite(x).all(axis=tuple(range(1, x.ndim)))
    if not finite.all():
        raise InputError(
            f"Expected finite numbers in {path}, as in training, but {(~finite).sum()} of {len(x)} "
            f"rows have others or none: row {_some([str(i + 1) for i in np.flatnonzero(~finite)])}."
        )
    parts = [x[:, [features.index(one.name)]] if by_name else x for one in inputs]
    return {one.name: part.astype(one.dtype) for one, part in zip(inputs, parts, strict=True)}


def _shaped(path: Path, x: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return `(n, *shape)`; an axis for the one channel of grey images may be missing."""
    if shape[-1:] == (1,) and x.ndim == len(shape):
        x = x[..., np.newaxis]
    fits = x.ndim == len(shape) + 1 and all(
        wanted in (None, there) for wanted, there in zip(shape, x.shape[1:], strict=True)
    )
    if x.dtype.kind not in "biuf" or not fits:
        expected = ", ".join(str(side or "any") for side in shape)
        raise InputError(
            f"Expected x in {path} to hold numbers of shape (n, {expected}), as in training, "
            f"received {x.dtype} of shape {x.shape}."
        )
    return x


def _texts(path: Path, x: np.ndarray, signature: Signature) -> dict[str, np.ndarray]:
    """Return texts of an array as the one column of the table that they are."""
    one, *others = signature.columns
    if others or one.kind != "text":
        raise InputError(f'Expected a table, as the model was trained on, received "{path}".')
    if x.dtype.kind != "U" or x.size != len(x):
        raise InputError(
            f"Expected x in {path} to hold texts (n,), as in training, received {x.dtype} of shape "
            f"{x.shape}."
        )
    return {one.name: x.reshape(-1).astype(object)}


def _table(path: Path, signature: Signature) -> dict[str, np.ndarray]:
    values, unread = read_new_rows(path, signature.columns, signature.others)
    if unread:
        rows, count = len({row for row, *_ in unread}), len(next(iter(values.values())))
        cells = [f'row {row}, {one.source}: "{cell}" is no {one.kind}' for row, one, cell in unread]
        raise InputError(
            f"Expected cells of {path} as those of the training data, but {rows} of {count} rows "
            f"cannot be read: {_some(cells)}: mend these cells, or leave them empty."
        )
    if signature.kind == "table":
        return values
    return _of_array(path, np.column_stack(list(values.values())), signature)


def _some(names: Sequence[str]) -> str:
    """Return the first few for a message, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
