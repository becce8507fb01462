"""Confusion matrices count what was predicted, whatever the outputs look like."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from data import load_dataset
from tuner.reporting.predictions import png, prediction_picture

Y = np.array([0, 0, 1, 1, 1])


def counts(figure: Figure | None) -> list[list[int]]:
    """Return the numbers that stand in a confusion matrix."""
    assert figure is not None
    numbers = [int(text.get_text()) for text in figure.axes[0].texts]
    size = int(len(numbers) ** 0.5)
    return np.array(numbers).reshape(size, size).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("y", "outputs", "logits"),
    [
        (Y, [[0.1], [0.9], [0.8], [0.7], [0.4]], False),
        (Y, [0.1, 0.9, 0.8, 0.7, 0.4], False),
        (Y, [[-1.0], [0.2], [0.3], [0.4], [-0.2]], True),
        (Y, [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]], False),
    ],
)
def test_every_kind_of_outputs_is_counted_right(y: np.ndarray, outputs: Any, logits: bool) -> None:
    dataset = load_dataset("breast_cancer")
    picture = prediction_picture(dataset, y, np.array(outputs), logits)
    assert counts(picture) == [[1, 1], [1, 2]]


def test_many_classes() -> None:
    y = np.array([0, 1, 2, 2])
    picture = prediction_picture(load_dataset("wine"), y, np.eye(3)[[0, 1, 1, 2]])
    assert counts(picture) == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_of_a_regression_one_column_is_drawn_whatever_its_shape() -> None:
    dataset, y = load_dataset("diabetes"), np.array([1.0, 2.0, 3.0])
    for predictions in (np.array([1.0, 2.0, 2.5]), np.array([[1.0], [2.0], [2.5]])):
        picture = prediction_picture(dataset, y, predictions)
        assert picture is not None
        assert png(picture).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "outputs", [np.zeros((5, 7)), np.zeros((5, 4, 4)), [np.zeros((5, 1)), np.zeros((5, 1))], {}]
)
def test_outputs_of_another_shape_have_no_picture(outputs: Any) -> None:
    assert prediction_picture(load_dataset("breast_cancer"), Y, outputs) is None
    assert prediction_picture(load_dataset("diabetes"), Y, outputs) is None


def test_labels_and_several_values_have_no_picture() -> None:
    labels = replace(load_dataset("breast_cancer"), task="multi-label", class_names=("a", "b"))
    rows = np.array([[0.0, 1.0], [1.0, 1.0]])
    assert prediction_picture(labels, rows, rows) is None
    assert prediction_picture(load_dataset("diabetes"), rows, rows) is None
