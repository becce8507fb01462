"""Arrays in an `.npz`, as `numpy.savez("my.npz", x=x, y=y)` writes it. Pickles are never loaded."""

import dataclasses
import zipfile
from pathlib import Path

import numpy as np

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.sources.axes import arranged, as_floats
from data.sources.examples import Examples
from data.sources.npz_members import read_members
from data.split import Inputs, Split

ENDINGS = {"train": "_train", "validation": "_val", "test": "_test"}
NUMBERS, TEXTS, TIMES = "biuf", "U", "M"

# Arrays that may be beside x and y: (n,) values of these kinds.
BESIDE = {"weights": NUMBERS, "groups": NUMBERS + TEXTS, "time": NUMBERS + TEXTS + TIMES}
NAMES = ("label_names", "class_names")


def read_npz(path: Path, options: DataOptions) -> Examples:
    """Read `x` and `y`, or `x_train`, `y_train` and, if there are any, `x_val`, `x_test`, ….

    `x` holds numbers: `(n, columns)`, series `(n, steps, features)`, grey images
    `(n, height, width)`, or images `(n, height, width, channels)`; or `(n,)` texts. `y` holds
    `(n,)` numbers or texts, or rows of numbers `(n, k)`, of which `label_names` may hold the k
    names. `weights`, `groups` and `time`, or `weights_train` and so on, are `(n,)`, see `Split`.
    Beside `y`, `y_NAME` are further targets, for outputs of that name.

    Raises:
        InputError: The file is not of this kind.
    """
    arrays = load_arrays(path)
    endings = ENDINGS if "x_train" in arrays else {"train": ""}
    endings = {k: end for k, end in endings.items() if k == "train" or f"x{end}" in arrays}
    splits = {name: _split(path, arrays, ending) for name, ending in endings.items()}
    for name in ("x", "y"):
        shapes = {getattr(split, name).shape[1:] for split in splits.values()}
        if len(shapes) > 1:
            raise InputError(
                f"Expected the same shape in every {name} of {path}, received {shapes}."
            )
    notes = _unread(path, arrays, list(endings.values()))
    examples = Examples(
        name=path.stem,
        splits=splits,
        class_names=_names(path, arrays, splits["train"].y),
        target="y",
    )
    return _with_inputs(path, examples, options.kind, notes)


def _with_inputs(path: Path, examples: Examples, kind: str, notes: list[str]) -> Examples:
    """Return examples whose inputs are what training takes: texts a table, numbers float32."""
    parts = [np.asarray(split.x) for split in examples.splits.values()]
    columns: tuple[Column, ...] = ()
    inputs: list[Inputs]
    if parts[0].dtype.kind in TEXTS:
        columns = (Column("text", "text", source="x"),)
        inputs = [{"text": part.reshape(-1).astype(object)} for part in parts]
    else:
        found, note = arranged(f"{path.name}: x", parts[0], kind)
        grey = found == "images" and parts[0].ndim == 3
        inputs = [x[..., np.newaxis] if grey else x for x in as_floats(parts)]
        notes = [note, *notes] if note else notes
    splits = {
        name: dataclasses.replace(split, x=x)
        for (name, split), x in zip(examples.splits.items(), inputs, strict=True)
    }
    feature_names = tuple(column.name for column in columns)
    return dataclasses.replace(
        examples, splits=splits, feature_names=feature_names, columns=columns, notes=tuple(notes)
    )


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name.

    Raises:
        InputError: It is damaged or no .npz, or holds pickled objects.
    """
    try:
        return read_members(path)
    except (ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"Expected arrays of numbers or texts as numpy.savez writes them, but {path} is "
            f"damaged, no .npz, or holds pickled objects, which are never loaded ({error})."
        ) from error


def _split(path: Path, arrays: dict[str, np.ndarray], ending: str) -> Split:
    names = f"x{ending}", f"y{ending}"
    for name in names:
        if name not in arrays:
            raise InputError(
                f"Expected x and y, or x_train and y_train, in {path}: {name} is missing; received "
                f"{', '.join(arrays) or 'no arrays'}."
            )
    x = arrays[names[0]]
    _check_x(path, names[0], x)
    y = _target(path, names[1], arrays[names[1]], len(x))
    more = {} if ending else {n[2:]: array for n, array in arrays.items() if n.startswith("y_")}
    beside = {name: _beside(path, arrays, name, ending, len(x)) for name in BESIDE}
    if beside["weights"] is not None:
        with np.errstate(over="ignore"):  # what does not fit is infinite, and refused later
            beside["weights"] = beside["weights"].astype(np.float32)
    more = {name: _target(path, f"y_{name}", array, len(x)) for name, array in more.items()}
    return Split(x, y, more=more, **beside)


def _check_x(path: Path, name: str, x: np.ndarray) -> None:
    if x.dtype.kind in TEXTS and x.shape in ((len(x),), (len(x), 1)):
        return
    if x.dtype.kind not in NUMBERS or not 2 <= x.ndim <= 4 or 0 in x.shape[1:]:
        raise InputError(
            f"Expected {name} in {path} to hold numbers of shape (n, columns), (n, steps, "
            "features), (n, height, width) or (n, height, width, channels), or texts of shape "
            f"(n,), received {x.dtype} of shape {x.shape}."
        )


def _target(path: Path, name: str, y: np.ndarray, examples: int) -> np.ndarray:
    """Return a target `(n,)` or `(n, k)`, blanks around texts removed."""
    one = y.shape in ((examples,), (examples, 1))
    rows = y.ndim == 2 and len(y) == examples and y.shape[1] > 1 and y.dtype.kind in NUMBERS
    if not rows and not (one and y.dtype.kind in NUMBERS + TEXTS):
        advice = f": save y.reshape({examples}, -1)" if y.ndim > 2 and len(y) == examples else ""
        raise InputError(
            f"Expected {name} in {path} to hold {examples} numbers or texts, or rows of numbers, "
            f"as many as x has examples, received {y.dtype} of shape {y.shape}{advice}."
        )
    y = y if rows else y.reshape(-1)
    return np.char.strip(y) if y.dtype.kind in TEXTS else y


def _beside(
    path: Path, arrays: dict[str, np.ndarray], name: str, ending: str, examples: int
) -> np.ndarray | None:
    values, kinds = arrays.get(f"{name}{ending}"), BESIDE[name]
    if values is None:
        return None
    if values.shape != (examples,) or values.dtype.kind not in kinds:
        what = "numbers" if kinds == NUMBERS else "numbers or texts"
        raise InputError(
            f"Expected {name}{ending} in {path} to hold {examples} {what}, as many as x{ending} "
            f"has examples, received {values.dtype} of shape {values.shape}."
        )
    if name != "weights" and values.dtype.kind in "fM" and (values != values).any():
        raise InputError(
            f"Expected {name}{ending} in {path} to have a value for every example, received "
            f"{(values != values).sum()} that are missing: fill them or leave these examples out."
        )
    return values


def _names(path: Path, arrays: dict[str, np.ndarray], y: np.ndarray) -> tuple[str, ...]:
    """Return the names of labels or classes, if the file has some."""
    name = next((name for name in NAMES if name in arrays), None)
    if name is None:
        return ()
    names = arrays[name]
    wanted = y.shape[1] if y.ndim == 2 else names.size
    if names.shape != (wanted,) or names.dtype.kind not in NUMBERS + TEXTS:
        raise InputError(
            f"Expected {name} in {path} to hold {wanted} names, one for each column of y, received "
            f"{names.dtype} of shape {names.shape}."
        )
    texts = tuple(map(str, names.tolist()))
    if len(set(texts)) < len(texts):
        raise InputError(f"Expected another name for each of {name} in {path}, received {texts}.")
    return texts


def _unread(path: Path, arrays: dict[str, np.ndarray], endings: list[str]) -> list[str]:
    """Return a note on arrays that are not read.

    Raises:
        InputError: Some tell what would change the training, and are named as others are not.
    """
    read = {f"{name}{ending}" for name in ("x", "y", *BESIDE) for ending in endings} | {*NAMES}
    unread = [name for name in arrays if name not in read]
    for name in BESIDE:
        if misnamed := [one for one in unread if one.startswith(name)]:
            wanted = " or ".join(f"{name}{ending}" for ending in sorted(endings))
            raise InputError(
                f"Expected {name} in {path} as {wanted}, named as x and y are, received "
                f"{', '.join(misnamed)}: rename the array."
            )
    if endings == [""]:
        unread = [name for name in unread if not name.startswith("y_")]
    if not unread:
        return []
    return [
        f"{path.name}: not used: {', '.join(unread)} (x and y are, or x_train, y_train, x_val, "
        "y_val, x_test, y_test)"
    ]
