"""Figures of trainings: learning curves, parallel coordinates, and where the time went."""

from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from tuner.findings.importance import Importance
from tuner.reporting.report.theme import (
    ACCENT,
    GRID,
    INK,
    MUTED,
    STRONG,
    legend_above,
    panel,
    strength,
)
from tuner.reporting.wording import short
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.record import SearchRecord, curve, scores_of
from tuner.trials.trial import Trial

# Of parallel coordinates the best tenth is drawn strong, but no more lines than one can follow.
MOST_LEADING = 20
# Of parallel coordinates, how far below an axis a line passes if the hyperparameter is inactive.
INACTIVE = -0.24
# So many letters fit in a row above all of its axes.
MOST_LETTERS = 110


def all_curves(search: SearchRecord) -> Figure:
    """Draw the objective after each epoch of every trial, the best one on top."""
    name = search.objective.name
    figure, axes = panel("epoch", name, wide=True, counted=True)
    lines = [
        np.column_stack([np.arange(1, len(t.curve) + 1), curve(t, name)])
        for t in search.history.trials.values()
        if t.curve
    ]
    axes.add_collection(
        LineCollection(lines, colors=MUTED, linewidths=0.6, alpha=strength(len(lines), 0.45))
    )
    best = search.best
    if best is not None and best.curve:
        scores = curve(best, name)
        epochs = np.arange(1, len(scores) + 1)
        axes.plot(epochs, scores, color=STRONG, linewidth=1.8)
        axes.plot([best.best_epoch or 1], scores_of([best]), "*", color=STRONG, markersize=10)
    values = np.concatenate([line[:, 1] for line in lines]) if lines else np.zeros(1)
    values = values[np.isfinite(values)]
    if len(values):
        low, high = np.percentile(values, (2, 98))
        reached = [s for s in (low, high, best.score if best else None) if s is not None]
        room = 0.06 * ((max(reached) - min(reached)) or 1.0)
        axes.set_ylim(min(reached) - room, max(reached) + room)
    axes.set_xlim(0.5, max((len(line) for line in lines), default=1) + 0.5)
    return figure


def learning_curve(trial: Trial) -> Figure:
    """Draw training and validation loss of a trial, and its best epoch."""
    figure, axes = panel("epoch", "loss", counted=True)
    epochs = np.arange(1, len(trial.curve) + 1)
    axes.plot(epochs, curve(trial, "loss"), "--", color=MUTED, label="training")
    axes.plot(epochs, curve(trial, "val_loss"), "-", color=ACCENT, label="validation")
    if trial.best_epoch:
        axes.axvline(trial.best_epoch, color=STRONG, linestyle=":", label="best epoch")
    axes.legend(loc="best")
    return figure


def range_test(found: dict[str, Any]) -> Figure:
    """Draw the loss of a range test, as in ``learning_rate.json``, and the rates it proposes."""
    figure, axes = panel("learning rate", "training loss", wide=True)
    curve = found["curve"]
    rates, smoothed = curve["learning_rate"], np.array(curve["smoothed"], dtype=float)
    axes.plot(rates, curve["loss"], ".", color=MUTED, markersize=2, alpha=0.6, label="each step")
    axes.plot(rates, smoothed, color=ACCENT, label="smoothed")
    axes.axvspan(found["low"], found["high"], color=GRID, alpha=0.5, zorder=0, label="range")
    if found["learning_rate"] is not None:
        axes.axvline(found["learning_rate"], color=STRONG, linestyle=":", label="proposed rate")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if np.isfinite(smoothed).any():
        low, high = np.nanmin(smoothed), np.nanpercentile(smoothed, 95)
        axes.set_ylim(low - 0.1 * (high - low or 1.0), high + 0.3 * (high - low or 1.0))
    legend_above(axes)
    return figure


def parallel_coordinates(search: SearchRecord) -> Figure:
    """Draw each trial that has a score as a line through its values, the best ones strong."""
    figure, axes = panel(wide=True)
    shown = search.searched
    ranked = search.scored[::-1]
    lines = [
        [
            (x, h.position(trial.values[h.name]) if search.has(trial, h) else INACTIVE)
            for x, h in enumerate(shown)
        ]
        + [(len(shown), rank / max(len(ranked) - 1, 1))]
        for rank, trial in enumerate(ranked)
    ]
    leading = min(max(len(lines) // 10, 1), MOST_LEADING)
    for part, colour, width, alpha in (
        (lines[:-leading], MUTED, 0.5, strength(len(lines), 0.35)),
        (lines[-leading:], ACCENT, 1.1, 0.9),
        (lines[-1:], STRONG, 2.2, 1.0),
    ):
        axes.add_collection(LineCollection(part, colors=colour, linewidths=width, alpha=alpha))
    for x in range(len(shown)):
        axes.axvline(x, color=GRID, zorder=0)
    room = min(MOST_LETTERS // (len(shown) + 1), 12)
    for x, ends in enumerate([*map(_ends, shown), ("worst", "best")]):
        low, high = (short(end, room) for end in ends)
        axes.text(x, -0.04, low, ha="center", va="top", fontsize=7)
        axes.text(x, 1.04, high, ha="center", va="bottom", fontsize=7)
    axes.set_xticks(range(len(shown) + 1), [*(_narrow(search.label(h)) for h in shown), "rank"])
    if room < 12:
        axes.tick_params(axis="x", labelrotation=30, labelsize=6.5)
        left, _, width, _ = axes.get_position().bounds
        axes.set_position((left, 0.25, width, 0.65))
    axes.set_xlim(-0.4, len(shown) + 0.4)
    axes.set_ylim(-0.16, 1.16)
    if search.space.optional:
        axes.set_ylim(INACTIVE - 0.04, 1.16)
        axes.text(-0.4, INACTIVE, "inactive", color=MUTED, fontsize=6.5, va="center")
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.grid(False)
    return figure


def _narrow(label: str, length: int = 14) -> str:
    """Return a name, cut where it is long, and what it depends on on a line of its own."""
    return "\n(".join(short(part, length) for part in label.split(" (", 1))


def _ends(hyperparameter: Hyperparameter) -> tuple[str, str]:
    if hyperparameter.scale is None:
        return str(hyperparameter.choices[0]), str(hyperparameter.choices[-1])
    return f"{hyperparameter.number_at(0.0):.4g}", f"{hyperparameter.number_at(1.0):.4g}"


def time_plot(search: SearchRecord) -> Figure:
    """Draw what each trial took, the epochs and the rest of it."""
    figure, axes = panel("trial", "seconds", wide=True, counted=True)
    trials = [search.history.trials[number] for number in sorted(search.history.trials)]
    # Bars without gaps as one outline: a thousand of them are still one shape.
    edges = np.array([t.number + side for t in trials for side in (-0.4, 0.4)])
    epochs = np.repeat([t.epoch_seconds for t in trials], 2)
    rest = np.repeat([max(t.seconds - t.epoch_seconds, 0.0) for t in trials], 2)
    axes.fill_between(edges, 0, epochs, color=ACCENT, alpha=0.75, label="epochs")
    axes.fill_between(
        edges,
        epochs,
        epochs + rest,
        facecolor="none",
        edgecolor=INK,
        hatch="//////",
        linewidth=0,
        label="the rest: build, trace, save",
    )
    axes.set_ylim(bottom=0)
    legend_above(axes)
    return figure


def importance_bars(search: SearchRecord, found: Importance) -> Figure:
    """Draw shares of the variance as bars, the largest on top, each with its number."""
    names = [search.label(hyperparameter) for hyperparameter, _ in found.shares]
    shares = [share for _, share in found.shares]
    figure, axes = panel()
    figure.set_figheight(max(0.5 + 0.27 * len(names), 1.0))
    width, height = figure.get_size_inches()
    axes.set_position((1.25 / width, 0.4 / height, 1 - 1.55 / width, 1 - 0.45 / height))
    places = np.arange(len(names))[::-1]
    axes.barh(places, shares, height=0.6, color=ACCENT)
    for place, share in zip(places, shares, strict=True):
        axes.text(share + 0.01, place, f"{share:.0%}", va="center", fontsize=7.5)
    axes.set_yticks(places, [_narrow(name, 24) for name in names])
    axes.set_xlim(0, max(max(shares, default=0.0) * 1.2, 0.1))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(axis="y", visible=False)
    return figure
