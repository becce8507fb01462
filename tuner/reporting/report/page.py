"""The page: what was found, in the order in which somebody wants to know it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from tuner.command_line.commands import report_command, train_command, tune_command
from tuner.findings import Finding
from tuner.findings.comparisons import best_for_each_value
from tuner.findings.curves import flags
from tuner.findings.importance import Importance, importance
from tuner.findings.noise import good_trials, score_noise
from tuner.findings.sampling import expected_best
from tuner.reporting.report import scores, trainings
from tuner.reporting.report.svg import inline_svg
from tuner.reporting.report.theme import theme
from tuner.reporting.wording import duration_text, value_text
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

FOLDER = Path(__file__).parent
# So many trials have their learning curve drawn, and are listed; trials.csv has all.
CURVES, LISTED = 6, 50
# What is said of a range besides its ends, by how it is searched.
SCALES = {
    "linear": "",
    "log": ", logarithmic",
    "reverse_log": ", logarithmic from the upper end",
}


@dataclass(frozen=True)
class Picture:
    """A figure of the page: its caption, and itself as SVG."""

    title: str
    caption: str
    svg: str
    wide: bool = False


class Gallery:
    """Draws figures for the page, each with ids of its own."""

    def __init__(self) -> None:
        self._count = 0

    def hang(self, figure: Figure, title: str, caption: str, *, wide: bool = False) -> Picture:
        """Return a figure as a picture of the page."""
        self._count += 1
        svg = inline_svg(figure, f"f{self._count}", title, caption)
        return Picture(title, caption, svg, wide)


def report_html(search: SearchRecord, findings: Sequence[Finding]) -> str:
    """Return the report of a search, finished or not, as one HTML page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["value"] = value_text
    environment.filters["duration"] = duration_text
    with theme():
        content = _content(search, findings)
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(style=style, **content)


def _content(search: SearchRecord, findings: Sequence[Finding]) -> dict[str, Any]:
    gallery, history = Gallery(), search.history
    important = importance(search)
    return {
        "search": search,
        "config": search.config,
        "options": search.options,
        "objective": search.objective,
        "best": search.best,
        "default": search.default,
        "noise": score_noise(search),
        "good": len(good_trials(search)),
        "findings": findings,
        "counts": {
            status.value: history.count(status) for status in Status if history.count(status)
        },
        "ended": history.ended(),
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "ranges": [(h, _range(h)) for h in search.hyperparameters],
        "range_test": _range_test(search, gallery),
        "course": _course(search, gallery),
        "axis_plots": _axis_plots(search, gallery),
        "isolation": _isolation(search, gallery),
        "importance": important,
        "importance_plots": _importance(search, important, gallery),
        "parallel": _parallel(search, gallery),
        "curves": _curves(search, gallery),
        "failed": _failed(search),
        "failures": search.failed,
        "time": _time(search, gallery),
        "training_seconds": sum(t.seconds for t in history.trials.values()),
        "epoch_seconds": sum(t.epoch_seconds for t in history.trials.values()),
        "listed": (search.scored + _without_score(search))[:LISTED],
        "commands": {
            "train": train_command(search.run),
            "tune": tune_command(search.run),
            "report": report_command(search.run),
        },
    }


def _without_score(search: SearchRecord) -> list[Trial]:
    return [t for t in search.history.trials.values() if t.score is None]


def _range(hyperparameter: Hyperparameter) -> str:
    if hyperparameter.low is None or hyperparameter.high is None:
        return ", ".join(map(str, hyperparameter.choices))
    scale = SCALES[hyperparameter.sampling]
    return f"{hyperparameter.low:g} to {hyperparameter.high:g}{scale}"


def _range_test(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    found = search.range_test
    if found is None:
        return []
    rate = found["learning_rate"]
    proposal = "It fell nowhere." if rate is None else f"It falls best at about {rate:.2g}."
    return [
        gallery.hang(
            trainings.range_test(found),
            "Training loss over a rising learning rate",
            f"{proposal} The range worth searching is shaded: {found['low']:.2g} to "
            f"{found['high']:.2g}.",
            wide=True,
        )
    ]


def _course(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    if not search.history.trials:
        return []
    name = search.objective.name
    course = [
        gallery.hang(
            scores.history(search),
            "Scores in the order of the trials",
            f"{name} of each trial, and the best so far as a line. Failed trials, and scores far "
            "worse than the median, stand at the worse edge.",
            wide=True,
        )
    ]
    expected = expected_best(search)
    if len(expected) > 2:
        course.append(
            gallery.hang(
                scores.best_of_k(search),
                "Expected best of k trials",
                f"Of {len(expected)} trials drawn at random from these, the best is expected at "
                f"{expected[-1]:.4g}; of half as many, at "
                f"{expected[(len(expected) - 1) // 2]:.4g}. "
                "Where the curve is flat, more trials in these ranges gain little.",
            )
        )
    return course


def _axis_plots(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    if not search.ranking:
        return []
    return [
        gallery.hang(
            scores.axis_plot(search, hyperparameter),
            hyperparameter.name,
            f"The best trial has {_value_in(search.ranking[0], hyperparameter)}, the published "
            f"default is {value_text(hyperparameter.default)}.",
        )
        for hyperparameter in search.searched
    ]


def _value_in(trial: Trial, hyperparameter: Hyperparameter) -> str:
    return value_text(trial.values.get(hyperparameter.name, "none"))


def _isolation(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    return [
        gallery.hang(
            scores.isolation_plot(search, hyperparameter),
            hyperparameter.name,
            f"The line joins the best trial for each value of {hyperparameter.name}; the marks are "
            "the others.",
        )
        for hyperparameter in search.searched
        if search.roles.get(hyperparameter.name) == "scientific"
        and len(best_for_each_value(search, hyperparameter)) >= 2
    ]


def _importance(search: SearchRecord, found: Importance | None, gallery: Gallery) -> list[Picture]:
    if found is None:
        return []
    listed = ", ".join(f"{h.name} {share:.0%}" for h, share in found.shares)
    pictures = [
        gallery.hang(
            trainings.importance_bars(
                [h.name for h, _ in found.shares], [share for _, share in found.shares]
            ),
            "Share of the variance",
            f"What each hyperparameter decides by itself: {listed}.",
        )
    ]
    for interaction in found.interactions[:2]:
        x, y = interaction.pair
        pictures.append(
            gallery.hang(
                scores.pair_plot(search, interaction.pair, interaction.surface),
                f"{x.name} and {y.name}",
                f"Together they decide another {interaction.share:.0%}. The darker, the better the "
                "rank that is expected; the points are the best trials.",
            )
        )
    return pictures


def _parallel(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    if len(search.ranking) < 2 or len(search.searched) < 2:
        return []
    return [
        gallery.hang(
            trainings.parallel_coordinates(search),
            "All hyperparameters at once",
            "A line a trial: the strong lines are the best tenth (20 at most), the strongest is "
            "the best.",
            wide=True,
        )
    ]


def _curves(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    if not any(trial.curve for trial in search.history.trials.values()):
        return []
    pictures = [
        gallery.hang(
            trainings.all_curves(search),
            f"{search.objective.name} after each epoch",
            "A thin line a trial, the best one thick with its best epoch as a star.",
            wide=True,
        )
    ]
    for place, trial in enumerate([t for t in search.ranking if t.curve][:CURVES], 1):
        shown = flags(search, trial)
        pictures.append(
            gallery.hang(
                trainings.learning_curve(trial),
                f"{place}. Trial {trial.number}: {trial.score:.4f}",
                f"Best epoch {trial.best_epoch} of {trial.epochs}. "
                + (f"It shows: {', '.join(shown)}." if shown else "Nothing stands out."),
            )
        )
    return pictures


def _failed(search: SearchRecord) -> list[tuple[str, list[Trial]]]:
    """Return the reasons of failed trials with the trials, the most frequent first."""
    reasons: dict[str, list[Trial]] = {}
    for trial in search.failed:
        reasons.setdefault(trial.reason or "no reason given", []).append(trial)
    return sorted(reasons.items(), key=lambda item: -len(item[1]))[:LISTED]


def _time(search: SearchRecord, gallery: Gallery) -> list[Picture]:
    if not any(trial.seconds for trial in search.history.trials.values()):
        return []
    return [
        gallery.hang(
            trainings.time_plot(search),
            "Seconds of each trial",
            "Filled: its epochs. Hatched: all else, such as building, tracing, saving the model.",
            wide=True,
        )
    ]
