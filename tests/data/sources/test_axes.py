"""What the axes of an array mean."""

from collections.abc import Callable

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError
from data.sources.axes import arranged

Write = Callable[..., str]


@pytest.mark.parametrize(
    ("shape", "dtype", "asked", "kind"),
    [
        ((9, 5), "float32", "auto", "columns"),
        ((9, 12, 3), "float32", "auto", "series"),
        ((9, 128, 9), "float64", "auto", "series"),
        ((9, 7, 7), "float32", "auto", "series"),
        ((9, 8, 8), "float32", "auto", "images"),
        ((9, 12, 3), "uint8", "auto", "images"),
        ((9, 28, 28), "uint8", "series", "series"),
        ((9, 12, 3), "float32", "images", "images"),
        ((9, 32, 32, 3), "float32", "auto", "images"),
        ((9, 3, 32, 32), "float32", "images", "images"),
        ((9, 3, 8, 1), "float32", "auto", "images"),
    ],
)
def test_axes_follow_a_rule_that_can_be_overruled(
    shape: tuple[int, ...], dtype: str, asked: str, kind: str
) -> None:
    found, note = arranged("x", np.zeros(shape, dtype), asked)

    assert found == kind
    assert ("--kind" in note) == (asked == "auto" and len(shape) == 3)


def test_more_features_than_steps_may_be_the_other_way_around() -> None:
    _, note = arranged("x", np.zeros((9, 6, 100)), "auto")
    assert note == (
        "x (9, 6, 100) taken as series of 6 steps of 100 features; --kind images for grey images, "
        "x.transpose(0, 2, 1) for 100 steps of 6 features"
    )


@pytest.mark.parametrize(
    ("shape", "asked", "message"),
    [
        ((9, 3, 32, 32), "auto", r"channels before pixels: save x\.transpose\(0, 2, 3, 1\), or"),
        ((9, 1, 28, 28), "auto", r"channels before pixels"),
        ((9, 5), "series", r"--kind series: expected x of shape \(n, steps, features\), received"),
        ((9, 5), "images", r"--kind images: expected x of shape \(n, height, width\), received"),
        ((9, 5, 5, 1), "series", r"received \(9, 5, 5, 1\)"),
    ],
)
def test_other_axes_are_refused(shape: tuple[int, ...], asked: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        arranged("x", np.zeros(shape), asked)


def test_a_kind_is_for_arrays() -> None:
    with pytest.raises(InputError, match=r"--kind series says what three axes of an \.npz are"):
        load_dataset("digits", kind="series")
