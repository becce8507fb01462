"""Pictures of how searches converge: means over many searches, with their standard errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Told apart by their marks, too, for whoever does not see or print the colours (Okabe and Ito).
COLOURS = ("#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def mean_and_error(curves: Floats) -> tuple[Floats, Floats]:
    """Return the mean of curves, shape (n, trials), and its standard error, each (trials,)."""
    return curves.mean(axis=0), curves.std(axis=0, ddof=1) / np.sqrt(len(curves))


def draw_curves(
    path: Path, curves: Mapping[str, tuple[Floats, Floats]], label: str, title: str
) -> None:
    """Write a picture of means over the number of trials, on a logarithmic scale.

    Args:
        path: Where to; the ending decides the format.
        curves: A mean and its standard error for each line, each of shape (trials,).
        label: What the curves show, and in which unit.
        title: What was searched.
    """
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    axes = figure.subplots()
    longest = max(len(mean) for mean, _ in curves.values())
    apart = max(longest // 9, 1)
    for i, (name, (mean, error)) in enumerate(curves.items()):
        axes.errorbar(
            np.arange(1, len(mean) + 1),
            mean,
            np.minimum(error, 0.9 * mean),  # A logarithm has no room for less than nothing.
            # Each line has its marks and bars at trials of its own, where they can be seen.
            errorevery=(1 + i * apart // len(curves), apart),
            markevery=(1 + i * apart // len(curves), apart),
            color=COLOURS[i],
            marker=MARKS[i],
            markersize=5,
            linewidth=1.5,
            elinewidth=0.8,
            capsize=2,
            label=name,
        )
    axes.set(yscale="log", xlabel="trials", ylabel=label, title=title, xlim=(0, longest + 1))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, linewidth=0.5)
    figure.legend(loc="outside right upper", frameon=False)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=120)
