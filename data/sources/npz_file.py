"""Arrays in an `.npz`, as `numpy.savez("my.npz", x=x, y=y)` writes it. Pickles are never loaded."""

import zipfile
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split

ENDINGS = {"train": "_train", "validation": "_val", "test": "_test"}


def read_npz(path: Path) -> Examples:
    """Read `x` and `y`, or `x_train`, `y_train` and, if there are any, `x_val`, `x_test`, ….

    `x` holds numbers: `(n, d)`, grey images `(n, height, width)`, or images
    `(n, height, width, channels)`. `y` holds `(n,)` numbers or texts. `weights`, or
    `weights_train` and so on, may say how much each example counts: `(n,)` numbers. Beside `y`,
    `y_NAME` are further targets, for outputs of that name.

    Raises:
        InputError: The file is not of this kind.
    """
    arrays = load_arrays(path)
    endings = ENDINGS if "x_train" in arrays else {"train": ""}
    splits = {
        name: _split(path, arrays, ending)
        for name, ending in endings.items()
        if name == "train" or f"x{ending}" in arrays
    }
    read = {f"weights{ending}" for ending in endings.values()}
    if unread := [name for name in arrays if name.startswith("weights") and name not in read]:
        raise InputError(
            f"Expected weights in {path} as {' or '.join(sorted(read))}, named as x and y are, "
            f"received {', '.join(unread)}: rename the array."
        )
    shapes = {split.x.shape[1:] for split in splits.values()}  # type: ignore[union-attr]
    if len(shapes) > 1:
        raise InputError(f"Expected the same shape in every x of {path}, received {shapes}.")
    return Examples(name=path.stem, splits=splits)


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name.

    Raises:
        InputError: It is damaged or no .npz, or holds pickled objects.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
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
    x, y = (arrays[name] for name in names)
    if x.dtype.kind not in "biuf" or not 2 <= x.ndim <= 4 or 0 in x.shape[1:]:
        raise InputError(
            f"Expected {names[0]} in {path} to hold numbers of shape (n, d), (n, height, width) or "
            f"(n, height, width, channels), received {x.dtype} of shape {x.shape}."
        )
    if y.shape not in ((len(x),), (len(x), 1)) or y.dtype.kind not in "biufU":
        raise InputError(
            f"Expected {names[1]} in {path} to hold {len(x)} numbers or texts, as many as "
            f"{names[0]} has examples, received {y.dtype} of shape {y.shape}."
        )
    more = {} if ending else {name[2:]: y for name, y in arrays.items() if name.startswith("y_")}
    for name, values in more.items():
        if values.shape not in ((len(x),), (len(x), 1)) or values.dtype.kind not in "biufU":
            raise InputError(
                f"Expected y_{name} in {path} to hold {len(x)} numbers or texts, as many as "
                f"{names[0]} has examples, received {values.dtype} of shape {values.shape}."
            )
    weights = arrays.get(f"weights{ending}")
    if weights is not None and (weights.shape != (len(x),) or weights.dtype.kind not in "biuf"):
        raise InputError(
            f"Expected weights{ending} in {path} to hold {len(x)} numbers, as many as {names[0]} "
            f"has examples, received {weights.dtype} of shape {weights.shape}."
        )
    if x.ndim == 3:
        x = x[..., np.newaxis]
    with np.errstate(over="ignore"):  # what does not fit is infinite, and refused later
        weights = None if weights is None else weights.astype(np.float32)
        x = x if x.dtype == np.uint8 else x.astype(np.float32)
        return Split(x, y.ravel(), weights, {name: values.ravel() for name, values in more.items()})
