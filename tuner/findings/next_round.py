"""What the next search should be, and what this one cannot tell."""

from collections.abc import Iterator
from typing import Any

from tuner.command_line.commands import fixing, new_search, ranging
from tuner.command_line.options import SearchOptions
from tuner.findings.boundary import boundary
from tuner.findings.finding import Finding, Severity
from tuner.space.changes import adjusted_space
from tuner.space.cube import SearchSpace
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.record import SearchRecord

FEWEST_TRIALS = 10
# The best quarter of the trials, so many of them, says where to go on, with some room around.
FEWEST_LEADING, MOST_LEADING, ROOM = 5, 25, 0.1
# A range is worth narrowing when no more than this much of it is left.
NARROWER = 0.7
TRIALS_EACH, MOST_TRIALS = 10, 100
# Strategies that can start from the results of another search.
LEARNING = ("bayesian",)


def next_round(search: SearchRecord) -> Iterator[Finding]:
    """Propose the next search: ranges around the best quarter of the trials, and a budget."""
    if not search.ranking or len(search.scored) < FEWEST_TRIALS:
        return
    options, changes = search.options, {}
    wider = {f.numbers["hyperparameter"]: f.numbers for f in boundary(search) if f.command}
    for hyperparameter in search.searched:
        options, change = _change(search, hyperparameter, options, wider)
        if change:
            changes[hyperparameter.name] = change
    if not changes:
        return
    space = SearchSpace(adjusted_space(search.space.declarations, options.fix, ()))
    left = len({hyperparameter.name for hyperparameter in space.free})
    trials = min(max(TRIALS_EACH * left, TRIALS_EACH), MOST_TRIALS)
    options = options.updated({"max_trials": trials, "staged": False})
    if options.strategy in LEARNING:
        options = options.updated({"start_from": (str(search.run),)})
    leading = _leading(search)
    yield Finding(
        "next_round",
        Severity.ADVICE,
        f"The next round: {', '.join(f'{name} {text}' for name, text in changes.items())}; "
        f"{trials} trials for the {left} hyperparameters that are left.",
        f"Ranges are narrowed to where the best {leading} trials lie and {ROOM:.0%} more on each "
        f"side, if at most {NARROWER:.0%} of a range is left; choices that all of them share are "
        f"fixed; what lies at an edge is widened. Of what is not active in all of them, those "
        f"count in which it is, {FEWEST_LEADING} at least. {TRIALS_EACH} trials a hyperparameter, "
        "and this search as knowledge where the strategy can use it.",
        {"changes": changes, "max_trials": trials, "leading_trials": leading},
        new_search(options),
    )


def _leading(search: SearchRecord) -> int:
    return min(max(len(search.scored) // 4, FEWEST_LEADING), MOST_LEADING)


def _change(
    search: SearchRecord,
    hyperparameter: Hyperparameter,
    options: SearchOptions,
    wider: dict[str, dict[str, Any]],
) -> tuple[SearchOptions, str]:
    """Return the options with what becomes of one hyperparameter, and that in words.

    Where several have its name they stay as they are: an option would change all of them.
    """
    name, leading = hyperparameter.name, search.scored[: _leading(search)]
    values = [trial.values[name] for trial in leading if search.has(trial, hyperparameter)]
    shared = hyperparameter.numeric or len(set(values)) == 1
    if len(values) < FEWEST_LEADING or not shared or search.named(name) is None:
        return options, ""
    if hyperparameter.numeric:
        positions = [hyperparameter.position(value) for value in values]
        first, last = max(min(positions) - ROOM, 0.0), min(max(positions) + ROOM, 1.0)
        if last - first > NARROWER:
            if name not in wider:
                return options, ""
            first, last = 0.0, 1.0
        low, high = (hyperparameter.neat(hyperparameter.number_at(p)) for p in (first, last))
        if name in wider:
            edge = wider[name]
            low, high = (edge["low"], high) if edge["side"] == "lower" else (low, edge["high"])
        if low < high:
            return ranging(options, name, low, high), f"{low:g} to {high:g}"
    return fixing(options, {name: values[0]}), f"= {values[0]}"


def caveats(search: SearchRecord) -> Iterator[Finding]:
    """Name what was held fixed: the result holds for these values only."""
    fixed = {search.label(h): h.choices[0] for h in search.hyperparameters if h.fixed}
    if not fixed or not search.ranking:
        return
    listed = ", ".join(f"{name} {value}" for name, value in fixed.items())
    yield Finding(
        "caveats",
        Severity.NOTE,
        f"All of this holds for what was fixed: {listed}. With other values, other ones of the "
        "rest may be best.",
        "Hyperparameters that were fixed and not searched.",
        {"fixed": fixed},
    )
