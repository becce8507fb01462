"""The main figures of the report as PNG files, for TensorBoard."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from tuner.findings.importance import importance
from tuner.reporting.predictions import png
from tuner.reporting.report import scores, trainings
from tuner.reporting.report.theme import theme
from tuner.trials.record import SearchRecord


def report_pictures(search: SearchRecord) -> Iterator[tuple[str, bytes]]:
    """Return the name of each figure and itself as a PNG file."""
    with theme():
        for name, figure in _figures(search):
            figure.set_facecolor("white")
            figure.set_dpi(150)
            yield name, png(figure)


def _figures(search: SearchRecord) -> Iterator[tuple[str, Figure]]:
    if not search.ranking:
        return
    yield "history", scores.history(search)
    for hyperparameter in search.searched:
        if any(search.has(trial, hyperparameter) for trial in search.history.trials.values()):
            name = search.label(hyperparameter)
            yield f"axis/{name}", scores.axis_plot(search, hyperparameter)
    found = importance(search)
    if found is not None:
        yield "importance", trainings.importance_bars(search, found)
    if len(search.searched) > 1:
        yield "parallel_coordinates", trainings.parallel_coordinates(search)
    yield "learning_curves", trainings.all_curves(search)
