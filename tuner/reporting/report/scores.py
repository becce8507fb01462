"""Figures of scores: over time, over each hyperparameter, and over pairs of them."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from tuner.findings.comparisons import best_for_each_value
from tuner.findings.sampling import expected_best
from tuner.reporting.report.theme import ACCENT, INK, MUTED, STRONG, legend_above, panel, strength
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
    figure, axes = panel(wide=True)
    scored = [t for t in search.history.trials.values() if t.score is not None]
    scored.sort(key=lambda trial: trial.number)
    _limit_scores(search, axes.set_ylim)
    _scatter(search, axes, lambda trial: trial.number)
    completed = [trial for trial in scored if trial.status is Status.COMPLETED]
    if completed:
        scores = scores_of(completed)
        best = np.minimum if search.objective.sign > 0 else np.maximum
        numbers = [trial.number for trial in completed]
        axes.step(
            [*numbers, max(search.history.trials)],
            [*best.accumulate(scores), best.reduce(scores)],
            where="post",
            color=STRONG,
            label="best so far",
            zorder=2,
        )
    axes.set_xlabel("trial")
    axes.set_ylabel(search.objective.name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_above(axes)
    return figure


def best_of_k(search: SearchRecord) -> Figure:
    """Draw the expected best score against the number of trials."""
    figure, axes = panel()
    expected = expected_best(search)
    axes.plot(np.arange(1, len(expected) + 1), expected, color=ACCENT)
    axes.set_xlabel("trials drawn")
    axes.set_ylabel(f"expected best {search.objective.name}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def axis_plot(search: SearchRecord, hyperparameter: Hyperparameter) -> Figure:
    """Draw the score of each trial over one hyperparameter's values."""
    figure, axes = panel()
    _limit_scores(search, axes.set_ylim)
    name = hyperparameter.name
    trials = [trial for trial in search.history.trials.values() if name in trial.values]
    _scatter(search, axes, lambda trial: _place(hyperparameter, trial), trials)
    _scale_axis(axes, hyperparameter, "x")
    axes.set_ylabel(search.objective.name)
    return figure


def isolation_plot(search: SearchRecord, hyperparameter: Hyperparameter) -> Figure:
    """Draw the best score for each value of a hyperparameter, the others behind it."""
    figure, axes = panel()
    _limit_scores(search, axes.set_ylim)
    groups = best_for_each_value(search, hyperparameter)
    for place, trials in enumerate(groups.values()):
        scores = scores_of(trials)
        axes.plot([place] * len(scores), scores, "_", color=MUTED, zorder=2)
    best = scores_of([trials[0] for trials in groups.values()])
    axes.plot(range(len(best)), best, "o-", color=ACCENT, zorder=3)
    axes.set_xticks(range(len(groups)), [_short(value, 14) for value in groups])
    if max(map(len, groups), default=0) > 6:
        axes.tick_params(axis="x", labelrotation=20, labelsize=6.5)
    axes.set_xlabel(hyperparameter.name)
    axes.set_ylabel(search.objective.name)
    return figure


def pair_plot(
    search: SearchRecord,
    pair: tuple[Hyperparameter, Hyperparameter],
    surface: np.ndarray,
) -> Figure:
    """Draw what is expected of each pair of values as shades, the best trials as points on it.

    Args:
        search: The search.
        pair: What lies on the x and y axis.
        surface: Expected ranks from 0 (worst) to 1, shape ``(x cells, y cells)``.
    """
    figure, axes = panel()
    cells_x, cells_y = surface.shape
    spread = float(np.ptp(surface)) or 1.0
    shades = (surface - surface.min()) / spread
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    cells = [
        (corners + np.array([x, y])) / (cells_x, cells_y)
        for x in range(cells_x)
        for y in range(cells_y)
    ]
    # The better, the darker: the shade alone tells it, whatever the colours of the page.
    colours = [to_rgba(ACCENT, round(0.03 + 0.6 * float(shade), 2)) for shade in shades.ravel()]
    axes.add_collection(PolyCollection(cells, facecolors=colours, linewidths=0))
    both = [t for t in search.scored if all(h.name in t.values for h in pair)][:MOST_POINTS]
    places = np.array([[h.position(t.values[h.name]) for h in pair] for t in both[::-1]])
    if len(places):
        axes.plot(*places.T, "o", color=INK, markersize=2.2, clip_on=False, zorder=3)
        axes.plot(*places[-1:].T, "*", color=STRONG, markersize=9, clip_on=False, zorder=4)
    for hyperparameter, which in zip(pair, "xy", strict=True):
        _unit_axis(axes, hyperparameter, which)
    axes.grid(False)
    return figure


def _scatter(
    search: SearchRecord,
    axes: Axes,
    place: Callable[[Trial], float],
    trials: list[Trial] | None = None,
) -> None:
    """Draw trials by what became of them, each kind with a marker of its own."""
    everything = list(search.history.trials.values()) if trials is None else trials
    ordinary = [t for t in everything if t.status is Status.COMPLETED and t is not search.best]
    pruned = [t for t in everything if t.status is Status.PRUNED and t.score is not None]
    bottom, top = axes.get_ylim()
    for shown, marker, colour, label in (
        (ordinary, "o", ACCENT, "completed"),
        (pruned, "v", MUTED, "pruned"),
    ):
        if shown:
            scores = np.clip(scores_of(shown), bottom, top)
            axes.plot(
                [place(t) for t in shown],
                scores,
                marker,
                color=colour,
                markeredgewidth=0,
                alpha=strength(len(shown), 0.65),
                label=label,
                zorder=3,
            )
    failed = [t for t in everything if t.status is Status.FAILED]
    if failed:
        worst = top if search.objective.sign > 0 else bottom
        axes.plot(
            [place(t) for t in failed],
            [worst] * len(failed),
            "x",
            color=INK,
            label="failed",
            zorder=4,
            clip_on=False,
        )
    default, best = search.default, search.best
    if default is not None and default in everything:
        axes.plot(
            place(default),
            np.clip(default.known_score, bottom, top),
            "D",
            color=INK,
            markerfacecolor="none",
            markersize=6,
            label="defaults",
            zorder=5,
        )
    if best is not None and best in everything:
        axes.plot(
            place(best), scores_of([best]), "*", color=STRONG, markersize=10, label="best", zorder=6
        )


def _limit_scores(search: SearchRecord, set_limits: Callable[[float, float], object]) -> None:
    scores = scores_of([t for t in search.history.trials.values() if t.score is not None])
    if not len(scores):
        return
    lowest, highest, median = scores.min(), scores.max(), np.median(scores)
    if search.objective.sign > 0:
        highest = min(highest, lowest + FAR * ((median - lowest) or highest - lowest))
    else:
        lowest = max(lowest, highest - FAR * ((highest - median) or highest - lowest))
    room = 0.06 * float((highest - lowest) or abs(highest) or 1.0)
    set_limits(float(lowest) - room, float(highest) + room)


def _place(hyperparameter: Hyperparameter, trial: Trial) -> float:
    value = trial.values[hyperparameter.name]
    if hyperparameter.numeric:
        return float(value)
    return hyperparameter.position(value) * max(len(hyperparameter.choices) - 1, 1)


def _scale_axis(axes: Axes, hyperparameter: Hyperparameter, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    set_scale = axes.set_xscale if which == "x" else axes.set_yscale
    axis.set_label_text(hyperparameter.name)
    if hyperparameter.sampling == "log":
        set_scale("log")
        base = 2.0 if hyperparameter.whole and hyperparameter.step == 2 else 10.0
        axis.set_major_locator(LogLocator(base=base, numticks=8))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    elif hyperparameter.scale is not None and hyperparameter.sampling == "reverse_log":
        set_scale("function", functions=(hyperparameter.scale.position, hyperparameter.scale.value))
        numbers = _numbers_along(hyperparameter)
        axis.set_ticks(numbers, [f"{number:.4g}" for number in numbers])
    elif hyperparameter.numeric:
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=hyperparameter.whole))
    else:
        names = [_short(str(choice)) for choice in hyperparameter.choices]
        axis.set_ticks(range(len(names)), names)
        edges = (-0.4, len(names) - 0.6)
        axes.set_xlim(*edges) if which == "x" else axes.set_ylim(*edges)


def _unit_axis(axes: Axes, hyperparameter: Hyperparameter, which: str) -> None:
    """Label an axis of positions from 0 to 1 with the values that are there."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_label_text(hyperparameter.name)
    if hyperparameter.numeric:
        numbers = _numbers_along(hyperparameter)
        places = [hyperparameter.position(number) for number in numbers]
        axis.set_ticks(places, [f"{number:.4g}" for number in numbers])
    else:
        places = [hyperparameter.position(choice) for choice in hyperparameter.choices]
        axis.set_ticks(places, [_short(str(choice)) for choice in hyperparameter.choices])
    axes.set_xlim(0, 1) if which == "x" else axes.set_ylim(0, 1)


def _numbers_along(hyperparameter: Hyperparameter) -> list[float]:
    """Return the ends of a range, and neat numbers at the quarters between them."""
    numbers = [hyperparameter.number_at(place) for place in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return [numbers[0], *map(hyperparameter.neat, numbers[1:4]), numbers[4]]


def _short(text: str, length: int = 12) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
