"""The sources of examples, one file each.

A new source is a function that returns `Examples`, and one line in `NAMES`.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.sources import embedded, keras_sets
from data.sources.csv_file import read_csv
from data.sources.examples import Examples
from data.sources.image_folder import list_images
from data.sources.npz_file import read_npz

NAMES: dict[str, Callable[[], Examples]] = {
    "digits": embedded.digits,
    "breast_cancer": embedded.breast_cancer,
    "wine": embedded.wine,
    "diabetes": embedded.diabetes,
    **{name: partial(keras_sets.download, name) for name in keras_sets.NAMES},
}


def load_examples(name: str, options: DataOptions) -> Examples:
    """Return the examples of the dataset with this name or path; see `data.load_dataset`.

    Raises:
        InputError: There is no such dataset, or it is damaged.
    """
    path = Path(name)
    kind = path.suffix.lower()
    if options.target and kind != ".csv":
        raise InputError(f'--target names a column of a CSV, but the dataset is "{name}".')
    if options.kind != "auto" and kind != ".npz":
        raise InputError(
            f"--kind {options.kind} says what three axes of an .npz are, but the dataset is "
            f'"{name}": leave it out.'
        )
    if name in NAMES:
        return NAMES[name]()
    if path.is_dir():
        return list_images(path)
    if path.is_file() and kind == ".csv":
        return read_csv(path, options)
    if path.is_file() and kind == ".npz":
        return read_npz(path, options)
    raise InputError(_not_found(path))


def _not_found(path: Path) -> str:
    if path.is_file():
        return f'Expected a .csv, an .npz or a folder of images, received the file "{path}".'
    if path.suffix or len(path.parts) > 1:
        near = did_you_mean(path.name, (file.name for file in path.parent.glob("*")))
        return f'Expected a file or folder, but "{path}" does not exist.{near}'
    return (
        f"Expected a dataset out of {', '.join(NAMES)}, or the path of a .csv, an .npz or a folder "
        f'of images, received "{path}".{did_you_mean(str(path), NAMES)}'
    )
