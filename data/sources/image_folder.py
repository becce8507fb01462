"""A folder of images. Only paths are kept; images are read when needed.

`FOLDER/CLASS/IMAGE`; folders below that of a class belong to the class. With splits of its own
`FOLDER/train/CLASS/IMAGE`, and beside train folders val and test, or one of them.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np

from data.errors import InputError, did_you_mean
from data.images import ENDINGS, find_images, is_hidden, printable, read_all, some_of
from data.sources.examples import Examples
from data.split import Split

# What people call the folders of splits.
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}

LAYOUT = "a folder for each class with its images in it (FOLDER/CLASS/IMAGE)"

# Larger images are scaled down: for training it is plenty.
LARGEST_SIDE = 224

# A note names so many classes.
NAMED_CLASSES = 12


def list_images(folder: Path) -> Examples:
    """Return the paths of all images, with the names of their folders as targets.

    All images get one size: the median of the heights and widths of those that train, at most
    `LARGEST_SIDE`.

    Raises:
        InputError: The folder has another layout, a class has no images, or files are damaged.
    """
    folder = folder.resolve()
    places = _split_folders(folder)
    images, others = find_images([folder])
    loose = [path for path in images if path.parent in (folder, *places.values())]
    splits = {name: _images_of(place, images, loose) for name, place in places.items()}
    _require_known_classes(splits, places)
    shapes, deep = read_all([path for split in splits.values() for path in split.x])
    trained = shapes[: len(splits["train"])]
    height, width = np.median(trained[:, :2], axis=0).astype(int).tolist()
    channels = 1 if (trained[:, 2] == 1).all() else 3
    name = printable(folder.name)
    notes = [_used(splits, places) + (f"; skipped {_no_images(others)}" if others else "")]
    if loose:
        notes.append(f"left out, since not in the folder of a class: {_names_of(loose)}")
    if deep:
        notes.append(f"of 16 bits a pixel the upper 8 are used (images: {deep})")
    return Examples(
        name=name,
        splits=splits,
        task="classification",
        image_shape=(min(height, LARGEST_SIDE), min(width, LARGEST_SIDE), channels),
        notes=tuple(f"{name}: {note}" for note in notes),
    )


def _split_folders(folder: Path) -> dict[str, Path]:
    """Return where each split is; "train" is the folder itself where it has no splits.

    Raises:
        InputError: Folders of splits are beside others, or one of them is missing or there twice.
    """
    folders = _folders_in(folder)
    named: dict[str, list[Path]] = {}
    for path in folders:
        named.setdefault(SPLITS.get(path.name.lower(), ""), []).append(path)
    others = named.pop("", [])
    # A class may be called as a split is: then it is among others.
    if not named or (others and len(named) == 1):
        return {"train": folder}
    for what, paths in named.items():
        if len(paths) > 1:
            raise InputError(
                f"Expected one folder for the {what} split in {printable(folder)}, received "
                f"{some_of([path.name for path in paths])}: merge or remove one."
            )
    if "train" not in named:
        raise InputError(
            f"Expected a folder train beside {some_of([path.name for path in folders])} in "
            f"{printable(folder)}, received none: add it."
        )
    if others:
        raise InputError(
            f"Expected nothing but the folders of splits in {printable(folder)}, received "
            f"{some_of([path.name for path in others])} too: move or remove what is no split."
        )
    return {split: named[split][0] for split in ("train", "validation", "test") if split in named}


def _images_of(place: Path, images: list[Path], loose: list[Path]) -> Split:
    """Return those of the images that are in the class folders of a place.

    Raises:
        InputError: It has no folders, or one has no images.
    """
    classes = {path.name: list[str]() for path in _folders_in(place)}
    if not classes:
        flat = sum(path.parent == place for path in loose)
        raise InputError(
            f"Expected {LAYOUT} in {printable(place)}, received "
            f"{f'{flat} images without classes' if flat else 'no folders'}: sort the images into "
            "folders with the names of their classes."
        )
    depth, inside = len(place.parts), f"{place}{os.sep}"
    for path in images:
        if str(path).startswith(inside) and len(path.parts) > depth + 1:
            classes[path.parts[depth]].append(str(path))
    empty = [name for name, paths in classes.items() if not paths]
    if empty:
        raise InputError(
            f"Expected images ({', '.join(ENDINGS)}) in each class folder of {printable(place)}, "
            f"received none in {some_of(empty)}: add some or remove the folder."
        )
    names = [printable(name) for name, paths in classes.items() for _ in paths]
    return Split(np.array([path for paths in classes.values() for path in paths]), np.array(names))


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_hidden(path))


def _require_known_classes(splits: dict[str, Split], places: dict[str, Path]) -> None:
    known = sorted(set(splits["train"].y.tolist()))
    for name, split in splits.items():
        unknown = sorted(set(split.y.tolist()).difference(known))
        if unknown:
            raise InputError(
                f"Expected the classes of {printable(places['train'])} in "
                f"{printable(places[name])} ({_few(known)}), received {_few(unknown)} too: give "
                f"train images of it, or remove it.{did_you_mean(unknown[0], known)}"
            )


def _used(splits: dict[str, Split], places: dict[str, Path]) -> str:
    counts = Counter(name for split in splits.values() for name in split.y.tolist())
    classes = _few([f"{name} {counts[name]}" for name in sorted(counts)])
    note = f"{counts.total()} images of {len(counts)} classes used ({classes})"
    if len(splits) == 1:
        return note
    parts = [f"{len(split)} in {places[name].name}" for name, split in splits.items()]
    return f"{note}, {', '.join(parts)}"


def _no_images(paths: list[Path]) -> str:
    what = (
        "1 file that is no image" if len(paths) == 1 else f"{len(paths)} files that are no images"
    )
    return f"{what}: {_names_of(paths)}"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - NAMED_CLASSES} more" if len(names) > NAMED_CLASSES else ""
    return ", ".join(names[:NAMED_CLASSES]) + more


def _names_of(paths: list[Path]) -> str:
    return some_of([path.name for path in paths])
