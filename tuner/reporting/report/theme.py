"""The look of the figures: a few colours, which the page replaces by those of its own scheme."""

from contextlib import AbstractContextManager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK = "#1c2024"
MUTED = "#69707a"
GRID = "#dfe3e8"
ACCENT = "#1f5fa8"
STRONG = "#b4470b"

# On the page each colour is a variable, so that it follows the reader's light or dark scheme.
VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    ACCENT: "var(--accent)",
    STRONG: "var(--strong)",
}

SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 8,
    # Names from data are text, never formulas.
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "figure.facecolor": "none",
    # Text stays text: it can be selected, found and read aloud.
    "svg.fonttype": "none",
    # The same search gives the same file.
    "svg.hashsalt": "report",
}

NARROW, WIDE = (3.6, 2.3), (7.4, 3.0)  # Inches.


def theme() -> AbstractContextManager[None]:
    """Draw everything within in the style of the report."""
    return matplotlib.rc_context(SETTINGS)


def strength(count: int, most: float) -> float:
    """Return the opacity for so many marks or lines: where there are many, each is weaker."""
    return round(most * min(1.0, (100 / max(count, 1)) ** 0.5), 2)


def panel(
    x: str = "", y: str = "", *, wide: bool = False, counted: bool = False
) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes, narrow enough for a phone unless it is wide.

    A wide one has room for `legend_above`. Where x is counted, its numbers are whole.
    """
    figure = Figure(figsize=WIDE if wide else NARROW)
    width, height = figure.get_size_inches()
    left, bottom, right, top = 0.6, 0.42, 0.12, 0.3 if wide else 0.12  # Inches.
    axes = figure.add_axes(
        (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height),
        xlabel=x,
        ylabel=y,
    )
    if counted:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure, axes


def legend_above(axes: Axes) -> None:
    """Explain the marks, if there are any, in a row above the axes, which hides nothing."""
    if not axes.get_legend_handles_labels()[0]:
        return
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=6,
        handlelength=1.2,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
