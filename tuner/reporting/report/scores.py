"""Figures of scores: over time, over each hyperparameter, and over pairs of them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from tuner.findings.comparisons import best_for_each_value
from tuner.findings.importance import Interaction
from tuner.findings.sampling import expected_best
from tuner.reporting.report.theme import ACCENT, INK, MUTED, STRONG, legend_above, panel, strength
from tuner.reporting.wording import short
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord, scores_of
from tuner.trials.trial import Trial

# What is worse than the best by so many times the distance to the median is drawn at the edge.
FAR = 6.0
# On the shades of a pair, so many of the best trials leave them visible.
MOST_POINTS = 100


def history(search: SearchRecord) -> Figure:
    """Draw each trial's score in the order of the trials, and the best so far."""
    figure, axes = _panel(search, "trial", wide=True, counted=True)
    _scatter(search, axes, list(search.history.trials.values()), lambda trial: trial.number)
    completed = sorted(search.ranking, key=lambda trial: trial.number)
    if completed:
        scores = scores_of(completed)
        best = np.minimum if search.objective.sign > 0 else np.maximum
        axes.step(
            [*(trial.number for trial in completed), max(search.history.trials)],
            [*best.accumulate(scores), best.reduce(scores)],
            where="post",
            color=STRONG,
            label="best so far",
            zorder=2,
        )
    legend_above(axes)
    return figure


def best_of_k(search: SearchRecord) -> Figure:
    """Draw the expected best score against the number of trials."""
    figure, axes = panel("trials drawn", f"expected best {search.objective.name}", counted=True)
    expected = expected_best(search)
    axes.plot(np.arange(1, len(expected) + 1), expected, color=ACCENT)
    return figure


def axis_plot(search: SearchRecord, hyperparameter: Hyperparameter) -> Figure:
    """Draw the score of each trial over one hyperparameter's values."""
    figure, axes = _panel(search, search.label(hyperparameter))
    trials = [t for t in search.history.trials.values() if search.has(t, hyperparameter)]
    _scatter(search, axes, trials, lambda trial: _place(hyperparameter, trial))
    _scale_axis(axes, hyperparameter)
    return figure


def isolation_plot(search: SearchRecord, hyperparameter: Hyperparameter) -> Figure:
    """Draw the best score for each value of a hyperparameter, the others behind it."""
    figure, axes = _panel(search, search.label(hyperparameter))
    groups = best_for_each_value(search, hyperparameter)
    for place, trials in enumerate(groups.values()):
        scores = scores_of(trials)
        axes.plot([place] * len(scores), scores, "_", color=MUTED, zorder=2)
    best = scores_of([trials[0] for trials in groups.values()])
    axes.plot(range(len(best)), best, "o-", color=ACCENT, zorder=3)
    axes.set_xticks(range(len(groups)), [short(value, 14) for value in groups])
    if max(map(len, groups), default=0) > 6:
        axes.tick_params(axis="x", labelrotation=20, labelsize=6.5)
    return figure


def pair_plot(search: SearchRecord, interaction: Interaction) -> Figure:
    """Draw what is expected of each pair of values as shades, the best trials as points on it."""
    pair, surface = interaction.pair, interaction.surface
    figure, axes = panel(search.label(pair[0]), search.label(pair[1]))
    spread = float(np.nanmax(surface) - np.nanmin(surface)) or 1.0
    shades = (surface - np.nanmin(surface)) / spread
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    cells = [(corners + place) / surface.shape for place in np.ndindex(surface.shape)]
    # The better, the darker: the shade alone tells it, whatever the colours of the page.
    alphas = np.nan_to_num(0.03 + 0.6 * shades.ravel()).round(2)  # Not both are active: none.
    colours = [to_rgba(ACCENT, float(alpha)) for alpha in alphas]
    axes.add_collection(PolyCollection(cells, facecolors=colours, linewidths=0))
    both = [t for t in search.scored if all(search.has(t, h) for h in pair)][:MOST_POINTS]
    places = np.array([[h.position(t.values[h.name]) for h in pair] for t in both[::-1]])
    if len(places):
        axes.plot(*places.T, "o", color=INK, markersize=2.2, clip_on=False, zorder=3)
        axes.plot(*places[-1:].T, "*", color=STRONG, markersize=9, clip_on=False, zorder=4)
    for hyperparameter, axis in zip(pair, (axes.xaxis, axes.yaxis), strict=True):
        values, names = _named_values(hyperparameter)
        axis.set_ticks([hyperparameter.position(value) for value in values], names)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.grid(False)
    return figure


def _panel(search: SearchRecord, x: str, **details: bool) -> tuple[Figure, Axes]:
    """Return a panel in which all scores have their place, those far off at the worse edge."""
    figure, axes = panel(x, search.objective.name, **details)
    scores = scores_of(search.scored)
    if len(scores):
        lowest, highest, median = scores.min(), scores.max(), np.median(scores)
        if search.objective.sign > 0:
            highest = min(highest, lowest + FAR * ((median - lowest) or highest - lowest))
        else:
            lowest = max(lowest, highest - FAR * ((highest - median) or highest - lowest))
        room = 0.06 * float((highest - lowest) or abs(highest) or 1.0)
        axes.set_ylim(float(lowest) - room, float(highest) + room)
    return figure, axes


def _scatter(
    search: SearchRecord, axes: Axes, trials: list[Trial], place: Callable[[Trial], float]
) -> None:
    """Draw trials by what became of them, each kind with a marker of its own."""
    bottom, top = axes.get_ylim()
    worst = top if search.objective.sign > 0 else bottom

    def draw(kind: str, shown: list[Trial], marker: str, **style: Any) -> None:
        if shown:
            scores = scores_of(shown)
            heights = np.where(np.isnan(scores), worst, np.clip(scores, bottom, top))
            axes.plot([place(t) for t in shown], heights, marker, label=kind, **style)

    default, best = search.default, search.best
    completed = [t for t in trials if t.status is Status.COMPLETED and t is not best]
    pruned = [t for t in trials if t.status is Status.PRUNED and t.score is not None]
    failed = [t for t in trials if t.status is Status.FAILED]
    for kind, shown, marker, colour in (
        ("completed", completed, "o", ACCENT),
        ("pruned", pruned, "v", MUTED),
    ):
        faint = strength(len(shown), 0.65)
        draw(kind, shown, marker, color=colour, markeredgewidth=0, alpha=faint, zorder=3)
    draw("failed", failed, "x", color=INK, zorder=4, clip_on=False)
    defaults = [t for t in trials if t is default]
    draw("defaults", defaults, "D", color=INK, markerfacecolor="none", markersize=6, zorder=5)
    draw("best", [t for t in trials if t is best], "*", color=STRONG, markersize=10, zorder=6)


def _place(hyperparameter: Hyperparameter, trial: Trial) -> float:
    value = trial.values[hyperparameter.name]
    if hyperparameter.numeric:
        return float(value)
    return hyperparameter.position(value) * max(len(hyperparameter.choices) - 1, 1)


def _scale_axis(axes: Axes, hyperparameter: Hyperparameter) -> None:
    """Give the x axis the scale on which a hyperparameter is searched."""
    axis = axes.xaxis
    if hyperparameter.sampling == "log":
        axes.set_xscale("log")
        base = 2.0 if hyperparameter.whole and hyperparameter.step == 2 else 10.0
        axis.set_major_locator(LogLocator(base=base, numticks=8))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    elif hyperparameter.scale is not None and hyperparameter.sampling == "reverse_log":
        scale = hyperparameter.scale
        axes.set_xscale("function", functions=(scale.position, scale.value))
        axis.set_ticks(*_named_values(hyperparameter))
    elif hyperparameter.numeric:
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=hyperparameter.whole))
    else:
        _, names = _named_values(hyperparameter)
        axis.set_ticks(range(len(names)), names)
        axes.set_xlim(-0.4, len(names) - 0.6)


def _named_values(hyperparameter: Hyperparameter) -> tuple[Sequence[Any], list[str]]:
    """Return values to mark on an axis, and their names: all choices, or of a range its ends, and
    neat numbers at the quarters between them."""
    if not hyperparameter.numeric:
        return hyperparameter.choices, [short(str(choice)) for choice in hyperparameter.choices]
    low, *inner, high = map(hyperparameter.number_at, (0.0, 0.25, 0.5, 0.75, 1.0))
    numbers = [low, *map(hyperparameter.neat, inner), high]
    return numbers, [f"{number:.4g}" for number in numbers]
