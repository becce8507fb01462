"""A folder of images: `FOLDER/CLASS/IMAGE`. Only paths are kept; images are read when needed."""

import mimetypes
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp")

# Larger images are scaled down: for training it is plenty.
LARGEST_SIDE = 224

# So many images are decoded to learn their size and to find damaged ones; of more, a sample.
CHECKED_IMAGES = 10_000


def list_images(folder: Path) -> Examples:
    """Return the paths of all images, with the names of their folders as targets.

    All images get one size: the median of their heights and widths, at most `LARGEST_SIDE`.

    Raises:
        InputError: A class has no images, or a file is damaged or of another kind.
    """
    from data.images import typical_shape

    folder = folder.resolve()
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and _visible(path))
    if not classes:
        raise InputError(f"Expected a folder for each class in {folder}, received none.")
    images = [image for class_folder in classes for image in _images_of(class_folder)]
    paths = np.array([str(path) for path in images])
    height, width, channels = typical_shape(paths[:: 1 + len(paths) // CHECKED_IMAGES].tolist())
    return Examples(
        name=folder.name,
        splits={"train": Split(paths, np.array([path.parent.name for path in images]))},
        task="classification",
        image_shape=(min(height, LARGEST_SIDE), min(width, LARGEST_SIDE), channels),
    )


def _images_of(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if _visible(path))
    images = [path for path in files if path.suffix.lower() in ENDINGS]
    if not images:
        raise InputError(
            f"Expected images ({', '.join(ENDINGS)}) in the class folder {folder}, received none: "
            "add some or remove the folder."
        )
    for path in files:
        kind, _ = mimetypes.guess_type(path)
        if path.suffix.lower() not in ENDINGS and kind and kind.startswith("image/"):
            raise InputError(
                f"Expected images of the kind {', '.join(ENDINGS)}, received {path}: convert it."
            )
    return images


def _visible(path: Path) -> bool:
    return not path.name.startswith(".")
