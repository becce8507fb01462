"""The page: what was found, in the order in which somebody wants to know it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from data.columns import Column
from data.tables.description import column_lines
from tuner.command_line.commands import report_command, train_command
from tuner.findings import Finding
from tuner.findings.comparisons import best_for_each_value
from tuner.findings.curves import flags
from tuner.findings.importance import importance
from tuner.findings.noise import good_trials, score_noise
from tuner.findings.sampling import expected_best
from tuner.reporting.report import scores, trainings
from tuner.reporting.report.svg import inline_svg
from tuner.reporting.report.theme import WIDE, theme
from tuner.reporting.wording import codes_text, duration_text, value_text
from tuner.space.hyperparameters import Hyperparameter
from tuner.storage.files import write_atomically, write_json
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

FOLDER = Path(__file__).parent
# So many trials have their learning curve drawn, and are listed; trials.csv has all.
CURVES, LISTED = 6, 50
# What is said of a range besides its ends, by how it is searched.
SCALES = {"linear": "", "log": ", logarithmic", "reverse_log": ", logarithmic from the upper end"}


@dataclass(frozen=True)
class Picture:
    """A figure of the page, its title, and what can be read off it."""

    figure: Figure
    title: str
    caption: str

    @property
    def wide(self) -> bool:
        """Whether it takes the whole width of the page."""
        return self.figure.get_figwidth() == WIDE[0]


def write_report(search: SearchRecord, findings: Sequence[Finding]) -> None:
    """Write both files into the run directory; findings come the most important first.

    Raises:
        OSError: The run directory cannot be written.
    """
    write_json(search.run / "findings.json", [finding.as_dict() for finding in findings])
    write_atomically(search.run / "report.html", report_html(search, findings))


def report_html(search: SearchRecord, findings: Sequence[Finding]) -> str:
    """Return the report of a search, finished or not, as one HTML page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = count(1)

    def svg(picture: Picture) -> str:
        """Return a picture whose ids are its own on the page."""
        return inline_svg(picture.figure, f"f{next(numbers)}", picture.title, picture.caption)

    environment.filters |= {"value": value_text, "duration": duration_text, "svg": svg}
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    with theme():
        content = _content(search, findings)
        return environment.get_template("page.html").render(style=style, **content)


def _content(search: SearchRecord, findings: Sequence[Finding]) -> dict[str, Any]:
    without_score = [t for t in search.history.trials.values() if t.score is None]
    return {
        "search": search,
        "noise": score_noise(search),
        "good": len(good_trials(search)),
        "findings": findings,
        "counts": {s.value: search.history.count(s) for s in Status if search.history.count(s)},
        "codes": codes_text(search.history),
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "data": _data(search.config),
        "ranges": [_row(search, h) for h in search.hyperparameters],
        "names": list(dict.fromkeys(h.name for h in search.hyperparameters)),
        "range_test": list(_range_test(search)),
        "course": list(_course(search)),
        "axis_plots": list(_axis_plots(search)),
        "isolation": list(_isolation(search)),
        "importance": importance(search),
        "importance_plots": list(_importance(search)),
        "parallel": list(_parallel(search)),
        "curves": list(_curves(search)),
        "failed": _failed(search),
        "time": list(_time(search)),
        "listed": [*search.scored, *without_score][:LISTED],
        "train_command": train_command(search.run),
        "report_command": report_command(search.run),
    }


def _data(config: dict[str, Any]) -> list[str]:
    """Return what was said of the data before the search."""
    columns = [Column(**column) for column in config.get("columns", [])]
    return [*config.get("notes", []), *column_lines(columns)]


def _row(search: SearchRecord, hyperparameter: Hyperparameter) -> dict[str, Any]:
    """Return what the table of the search space says of a hyperparameter."""
    name, best, condition = hyperparameter.name, search.best, hyperparameter.conditions_text
    there = best is not None and search.has(best, hyperparameter)
    return {
        "name": name,
        "values": _range(hyperparameter)
        + (" (fixed)" if hyperparameter.fixed else "")
        + (f"; active where {condition}" if condition else ""),
        "default": hyperparameter.default,
        "best": best.values[name] if best is not None and there else None,
    }


def _range(hyperparameter: Hyperparameter) -> str:
    if hyperparameter.low is None or hyperparameter.high is None:
        return ", ".join(map(str, hyperparameter.choices))
    scale = SCALES[hyperparameter.sampling]
    return f"{hyperparameter.low:g} to {hyperparameter.high:g}{scale}"


def _range_test(search: SearchRecord) -> Iterator[Picture]:
    found = search.range_test
    if found is None:
        return
    rate = found["learning_rate"]
    proposal = "It fell nowhere." if rate is None else f"It falls best at about {rate:.2g}."
    yield Picture(
        trainings.range_test(found),
        "Training loss over a rising learning rate",
        f"{proposal} The range worth searching is shaded: {found['low']:.2g} to "
        f"{found['high']:.2g}.",
    )


def _course(search: SearchRecord) -> Iterator[Picture]:
    if not search.history.trials:
        return
    yield Picture(
        scores.history(search),
        "Scores in the order of the trials",
        f"{search.objective.name} of each trial, and the best so far as a line. Failed trials, and "
        "scores far worse than the median, stand at the worse edge.",
    )
    expected = expected_best(search)
    if len(expected) > 2:
        yield Picture(
            scores.best_of_k(search),
            "Expected best of k trials",
            f"Of {len(expected)} trials drawn at random from these, the best is expected at "
            f"{expected[-1]:.4g}; of half as many, at {expected[(len(expected) - 1) // 2]:.4g}. "
            "Where the curve is flat, more trials in these ranges gain little.",
        )


def _axis_plots(search: SearchRecord) -> Iterator[Picture]:
    if search.best is None:
        return
    published = "published " if "published" in search.defaults_name else ""
    for hyperparameter in search.searched:
        trials = search.history.trials.values()
        active = sum(search.has(trial, hyperparameter) for trial in trials)
        if not active:
            continue
        inside = search.has(search.best, hyperparameter)
        value = search.best.values.get(hyperparameter.name)
        best = f"The best trial has {value_text(value)}" if inside else "The best trial lacks it"
        few = f" It is active in {active} of {len(trials)} trials." if active < len(trials) else ""
        yield Picture(
            scores.axis_plot(search, hyperparameter),
            search.label(hyperparameter),
            f"{best}, the {published}default is {value_text(hyperparameter.default)}.{few}",
        )


def _isolation(search: SearchRecord) -> Iterator[Picture]:
    for hyperparameter in search.searched:
        name = search.label(hyperparameter)
        scientific = search.roles.get(hyperparameter.name) == "scientific"
        if scientific and len(best_for_each_value(search, hyperparameter)) >= 2:
            yield Picture(
                scores.isolation_plot(search, hyperparameter),
                name,
                f"The line joins the best trial for each value of {name}; the marks are the "
                "others.",
            )


def _importance(search: SearchRecord) -> Iterator[Picture]:
    found = importance(search)
    if found is None:
        return
    listed = ", ".join(f"{search.label(h)} {share:.0%}" for h, share in found.shares)
    inactive = " Where one is inactive it decides nothing." if search.space.optional else ""
    yield Picture(
        trainings.importance_bars(search, found),
        "Share of the variance",
        f"What each hyperparameter decides by itself: {listed}.{inactive}",
    )
    for interaction in found.interactions[:2]:
        x, y = interaction.pair
        yield Picture(
            scores.pair_plot(search, interaction),
            f"{search.label(x)} and {search.label(y)}",
            f"Together they decide another {interaction.share:.0%}. The darker, the better the "
            "rank that is expected; the points are the best trials.",
        )


def _parallel(search: SearchRecord) -> Iterator[Picture]:
    if len(search.ranking) >= 2 and len(search.searched) >= 2:
        below = " Where a hyperparameter is inactive, they pass below it."
        yield Picture(
            trainings.parallel_coordinates(search),
            "All hyperparameters at once",
            "A line a trial: the strong lines are the best tenth (20 at most), the strongest is "
            f"the best.{below if search.space.optional else ''}",
        )


def _curves(search: SearchRecord) -> Iterator[Picture]:
    if not any(trial.curve for trial in search.history.trials.values()):
        return
    yield Picture(
        trainings.all_curves(search),
        f"{search.objective.name} after each epoch",
        "A thin line a trial, the best one thick with its best epoch as a star.",
    )
    for place, trial in enumerate([t for t in search.ranking if t.curve][:CURVES], 1):
        shown = flags(search, trial)
        said = f"It shows: {', '.join(shown)}." if shown else "Nothing stands out."
        yield Picture(
            trainings.learning_curve(trial),
            f"{place}. Trial {trial.number}: {trial.score:.4f}",
            f"Best epoch {trial.best_epoch} of {trial.epochs}. {said}",
        )


def _failed(search: SearchRecord) -> list[tuple[str, list[Trial]]]:
    """Return the reasons of failed trials with the trials, the most frequent first."""
    reasons: dict[str, list[Trial]] = {}
    for trial in search.failed:
        reasons.setdefault(trial.reason or "no reason given", []).append(trial)
    return sorted(reasons.items(), key=lambda item: -len(item[1]))[:LISTED]


def _time(search: SearchRecord) -> Iterator[Picture]:
    if any(trial.seconds for trial in search.history.trials.values()):
        yield Picture(
            trainings.time_plot(search),
            "Seconds of each trial",
            "Filled: its epochs. Hatched: all else, such as building, tracing, saving the model.",
        )
