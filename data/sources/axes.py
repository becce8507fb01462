"""What the axes of an array mean: columns, series or images."""

import numpy as np

from data.errors import InputError
from data.large_arrays import converted, sample

# Square arrays from this size on, and bytes, are taken for grey images.
SMALLEST_IMAGE = 8
CHANNELS = (1, 3, 4)


def arranged(name: str, x: np.ndarray, asked: str) -> tuple[str, str]:
    """Return what an array is, "columns", "series" or "images", and a note where it was guessed.

    Args:
        name: Of the array, for people.
        x: Numbers of shape `(n, columns)`, `(n, steps, features)`, `(n, height, width)` or
            `(n, height, width, channels)`.
        asked: "series" or "images"; "auto": three axes are grey images if they hold bytes, or are
            square with sides of 8 or more, else series.

    Raises:
        InputError: The array has other axes than what is asked for, or channels before pixels.
    """
    if x.ndim == 3:
        return _three_axes(name, x, asked)
    found = "columns" if x.ndim == 2 else "images"
    if asked not in ("auto", found):
        wanted = "(n, steps, features)" if asked == "series" else "(n, height, width)"
        raise InputError(
            f"--kind {asked}: expected {name} of shape {wanted}, received {x.shape}: leave it out, "
            "or reshape the array (x[..., numpy.newaxis] adds an axis of one feature)."
        )
    if x.ndim == 4 and asked == "auto" and _channels_first(x.shape):
        raise InputError(
            f"Expected images (n, height, width, channels), received {name} of shape {x.shape}, "
            "which looks like channels before pixels: save x.transpose(0, 2, 3, 1), or give --kind "
            "images if the last axis does hold the channels."
        )
    return found, ""


def _three_axes(name: str, x: np.ndarray, asked: str) -> tuple[str, str]:
    _, steps, features = x.shape
    square = steps == features >= SMALLEST_IMAGE
    if asked == "images" or (asked == "auto" and (square or x.dtype == np.uint8)):
        taken = f"grey images of {steps} x {features} pixels; --kind series for series"
        return "images", "" if asked == "images" else f"{name} {x.shape} taken as {taken}"
    taken = f"series of {steps} steps of {features} features; --kind images for grey images"
    if features > steps:
        taken += f", x.transpose(0, 2, 1) for {features} steps of {steps} features"
    return "series", "" if asked == "series" else f"{name} {x.shape} taken as {taken}"


def _channels_first(shape: tuple[int, ...]) -> bool:
    _, channels, *sides = shape
    return channels in CHANNELS and sides[1] not in (*CHANNELS, 2) and min(sides) >= SMALLEST_IMAGE


def as_floats(parts: list[np.ndarray]) -> list[np.ndarray]:
    """Return arrays of one kind as float32; bytes stay bytes, and float64 what float32 would lose.

    That is a feature far from 0 in comparison with its spread, such as a time in seconds since
    1970. Numbers too large for 32 bits become infinite.
    """
    if all(part.dtype == np.uint8 for part in parts):
        return parts
    with np.errstate(over="ignore", invalid="ignore"):
        dtype = np.float64 if _loses(parts[0]) else np.float32
        return [converted(part, dtype) for part in parts]


def _loses(x: np.ndarray) -> bool:
    """Tell whether float32 would round some feature by more than a thousandth of its spread."""
    if not x.size or x.dtype.kind == "b" or x.dtype.itemsize < 4 or x.dtype == np.float32:
        return False
    rows = sample(x).reshape(-1, x.shape[-1]).astype(np.float64)
    largest, spread = np.abs(rows).max(axis=0), rows.std(axis=0)
    rounding = np.finfo(np.float32).eps / 2 * largest
    if not (largest < np.finfo(np.float32).max).all():
        return False  # Refused later.
    return bool(((spread > 0) & (rounding > 1e-3 * spread)).any())
