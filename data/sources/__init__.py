"""The sources of examples, one file each.

A new source is a function that returns `Examples`, and one line in `NAMES`.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from data.data_options import DataOptions
from data.errors import InputError, did_you_mean
from data.sources import embedded, keras_sets
from data.sources.examples import Examples
from data.sources.image_folder import list_images
from data.sources.npz_file import read_npz
from data.sources.table_file import read_table_file
from data.tables.table import TABLES, is_table

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
    if not is_table(path):
        _require_no_columns(name, options)
    if options.kind != "auto" and kind != ".npz":
        raise InputError(
            f"--kind {options.kind} says what three axes of an .npz are, but the dataset is "
            f'"{name}": leave it out.'
        )
    if name in NAMES:
        return NAMES[name]()
    if path.is_dir():
        return list_images(path)
    if path.is_file() and is_table(path):
        return read_table_file(path, options)
    if path.is_file() and kind == ".npz":
        return read_npz(path, options)
    raise InputError(_not_found(path))


def _require_no_columns(name: str, options: DataOptions) -> None:
    for option in ("target", "drop", "numeric", "categorical", "text"):
        if getattr(options, option):
            raise InputError(
                f"--{option} names a column of a table ({', '.join(TABLES)}), but the dataset is "
                f'"{name}".'
            )


def _not_found(path: Path) -> str:
    if path.is_file():
        return (
            f"Expected a table ({', '.join(TABLES)}), an .npz or a folder of images, received the "
            f'file "{path}".'
        )
    if path.suffix or len(path.parts) > 1:
        near = did_you_mean(path.name, (file.name for file in path.parent.glob("*")))
        return f'Expected a file or folder, but "{path}" does not exist.{near}'
    return (
        f"Expected a dataset out of {', '.join(NAMES)}, or the path of a .csv, an .npz or a folder "
        f'of images, received "{path}".{did_you_mean(str(path), NAMES)}'
    )
