"""How good a trained model is, as pictures: confusion matrix or residuals."""

import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from data import Dataset
from data.predicted import predicted_classes


def prediction_picture(
    dataset: Dataset, y: np.ndarray, predictions: Any, logits: bool = False
) -> Figure | None:
    """Draw predictions against truth; None for labels, and outputs that are none of the following.

    Args:
        dataset: Gives task and class names.
        y: What is true, shape ``(n,)``: numbers of classes, or values.
        predictions: What a model predicts, see `predicted_classes`; for regression values, shape
            ``(n, 1)`` or ``(n,)``.
        logits: The model gives logits.
    """
    if dataset.task == "multi-label":
        return None
    shape = getattr(predictions, "shape", ())
    one_column, classes = shape in ((len(y),), (len(y), 1)), len(dataset.class_names)
    if dataset.task == "regression":
        single = one_column and y.size == len(y)
        return residuals(y.reshape(-1), predictions.reshape(-1)) if single else None
    if not (one_column and classes == 2) and shape != (len(y), classes):
        return None
    predicted = predicted_classes(predictions, logits)
    return confusion_matrix(y, predicted, dataset.class_names)


def confusion_matrix(y: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> Figure:
    """Draw how often each class was taken for each other one; both arrays hold class numbers."""
    from sklearn.metrics import ConfusionMatrixDisplay

    size = min(4.0 + 0.35 * len(classes), 20.0)
    figure = Figure(figsize=(size, size), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        y,
        predicted,
        labels=range(len(classes)),
        # A dollar sign would begin a formula.
        display_labels=[name[:20].replace("$", r"\$") for name in classes],
        xticks_rotation="vertical",
        include_values=len(classes) <= 30,
        cmap="Blues",
        colorbar=False,
        ax=figure.subplots(),
    )
    return figure


def residuals(y: np.ndarray, predicted: np.ndarray) -> Figure:
    """Draw predicted against true values, and residuals against predicted values."""
    from sklearn.metrics import PredictionErrorDisplay

    figure = Figure(figsize=(10, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    PredictionErrorDisplay.from_predictions(y, predicted, kind="actual_vs_predicted", ax=left)
    PredictionErrorDisplay.from_predictions(y, predicted, kind="residual_vs_predicted", ax=right)
    return figure


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file, pil_kwargs={"compress_level": 3})
    return file.getvalue()
