"""Files of images as arrays of pixels, for training and for new images alike."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf
    from PIL import Image

# The system's table of file types is another one on each machine.
ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
# What the content may be, whatever the ending: no format that runs other programs.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM")

# Images, too, but not for this project: they are named, since nobody expects them to be left out.
OTHER_IMAGES = (
    *(".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg", ".psd", ".dcm", ".raw", ".dng"),
    *(".cr2", ".cr3", ".nef", ".arw"),
)

# Modes of Pillow without colours.
GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N")

# So many names are in a message.
NAMED = 5

# From so many files on, reading them shows how far it is.
WORTH_A_BAR = 2_000


def find_images(paths: Iterable[str | Path]) -> tuple[list[Path], list[Path]]:
    """Return the images among files and in folders, at any depth, and the files that are none.

    Hidden files and folders are in neither. A file that is given itself counts as an image,
    whatever its ending.

    Raises:
        InputError: A path does not exist, a folder cannot be read, or images have to be converted.
    """
    images, others = list[Path](), list[Path]()
    for path in map(Path, paths):
        if path.is_dir():
            for file in _files_in(path):
                (images if file.suffix.lower() in ENDINGS else others).append(file)
        elif path.exists():
            images.append(path)
        else:
            raise InputError(f'Expected an image or a folder of images, but "{path}" is missing.')
    foreign = [path for path in others if path.suffix.lower() in OTHER_IMAGES]
    if foreign:
        raise InputError(
            f"Expected images of the kind {', '.join(ENDINGS)}, received {some_of(foreign)}: "
            "convert or remove them."
        )
    return images, others


def is_hidden(path: Path) -> bool:
    """Whether a file or folder is one that systems leave behind."""
    return path.name.startswith(".") or path.name == "__MACOSX"


def printable(name: str | Path) -> str:
    r"""Return the name of a file as text that can be printed; bytes out of UTF-8 become `\xe4`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def some_of(names: Sequence[str | Path]) -> str:
    """Return the first few names for a message, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(printable, names[:NAMED])) + more


def read_image(path: str | Path, channels: int = 0) -> np.ndarray:
    """Read an image, turned as the camera was held; of several frames or pages the first.

    Transparent pixels show a white ground. Of 16 bits the upper 8 are used.

    Args:
        path: The file.
        channels: 1 for grey, 3 for colour, 0 for what the file has of these.

    Returns:
        uint8 `(height, width, channels)`.

    Raises:
        InputError: The file is no image, is damaged, or has pixels that are no colours.
    """
    try:
        return _read(path, channels)[0]
    except Exception as error:  # Damaged files make decoders raise whatever there is.
        raise InputError(
            f'Expected an image, but "{printable(path)}" cannot be read: {_reason(error)}; repair '
            "or remove it."
        ) from error


def decode(path: tf.Tensor, channels: int) -> tf.Tensor:
    """Return what `read_image` does, as a step of a TensorFlow pipeline; `path` holds bytes."""
    import tensorflow as tf

    def read(path: bytes) -> np.ndarray:
        return read_image(os.fsdecode(path), channels)

    image = tf.numpy_function(read, [path], tf.uint8, stateful=False)
    return tf.ensure_shape(image, (None, None, channels))


def read_all(paths: Sequence[str | Path]) -> tuple[np.ndarray, int]:
    """Read all images as they will be used.

    Returns:
        Their shapes, int `(n, 3)`, and how many have 16 bits a pixel.

    Raises:
        InputError: Some cannot be read; they are named, all in one message.
    """

    def read(path: str | Path) -> tuple[tuple[int, ...], bool] | str:
        try:
            image, deep = _read(path, 0)
        except Exception as error:
            return f'"{printable(path)}" ({_reason(error)})'
        return image.shape, deep

    # Threads: Pillow decodes outside of Python's lock.
    with ThreadPoolExecutor() as pool:
        results = list(with_a_bar(pool.map(read, paths), len(paths), "reading images"))
    known = [result for result in results if not isinstance(result, str)]
    refused = [result for result in results if isinstance(result, str)]
    if refused:
        raise InputError(
            f"Expected images, but {len(refused)} of {len(paths)} cannot be read: "
            f"{some_of(refused)}: repair or remove them."
        )
    return np.array([shape for shape, _ in known]), sum(deep for _, deep in known)


def with_a_bar(results: Iterable, total: int, what: str) -> Iterable:
    """Show on a terminal how far many results have come."""
    if total < WORTH_A_BAR:
        return results
    from rich.console import Console
    from rich.progress import track

    return track(results, what, total, console=Console(stderr=True), transient=True)


def _files_in(folder: str | Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Yield the files of a folder at any depth in the order of their names, without hidden ones.

    Links are followed, except to a folder that they are in.
    """
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(
            f'Expected a folder to read, but "{printable(folder)}" cannot be: {error.strerror}.'
        ) from error
    for path in (Path(folder, name) for name in names):
        if is_hidden(path):
            continue
        if os.path.isdir(path):
            yield from _files_in(path, above | {real})
        else:
            yield path


def _read(path: str | Path, channels: int) -> tuple[np.ndarray, bool]:
    """Return the pixels, `(height, width, 1 or 3)`, and whether they had 16 bits."""
    from PIL import Image, ImageOps

    with Image.open(path, formats=FORMATS) as image:
        image.load()
        with suppress(Exception):  # What is damaged here is not the image.
            ImageOps.exif_transpose(image, in_place=True)
        deep, grey = image.mode.startswith("I"), image.mode in GREY
        if channels:
            grey = channels == 1
        pixels = np.asarray(_eight_bits(_opaque(image), "L" if grey else "RGB"))
    return pixels.reshape(*pixels.shape[:2], -1), deep


def _opaque(image: Image.Image) -> Image.Image:
    from PIL import Image

    if not image.has_transparency_data or image.mode.startswith("I"):
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _eight_bits(image: Image.Image, mode: str) -> Image.Image:
    from PIL import Image

    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**16:
            raise ValueError("pixels of 32 bits, expected 8 or 16")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("pixels that are fractions, expected whole numbers of 8 or 16 bits")
    return image if image.mode == mode else image.convert(mode)


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "no image"
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
