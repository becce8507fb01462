"""The best trials at an edge of a range: the optimum may lie outside."""

import math
from collections.abc import Iterator

from tuner.command_line.commands import new_search, ranging
from tuner.findings.finding import Finding, Severity
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.ending import Status
from tuner.trials.record import LEADERS, SearchRecord
from tuner.trials.trial import Trial

# The best trial lies in the outer twentieth of a range, half of the leaders in its outer fifth.
EDGE, MARGIN = 0.05, 0.2
# A wider range has half of its width more at that edge, a logarithmic one at most a factor of ten.
WIDER, MOST = 0.5, 10.0
FEWEST_TRIALS = 5

WHY = (
    f"The best trial lies within {EDGE:.0%} of an edge of the range, and at least half of the best "
    f"{{leaders}} within {MARGIN:.0%}."
)


def boundary(search: SearchRecord) -> Iterator[Finding]:
    """Say which ranges to widen, or that all is unstable beyond the best trial."""
    if not search.ranking or len(search.scored) < FEWEST_TRIALS:
        return
    for hyperparameter in search.searched:
        for at_low in (True, False):
            if hyperparameter.numeric and _at_edge(search, hyperparameter, at_low):
                yield from _at_the_edge(search, hyperparameter, at_low)


def _depth(
    search: SearchRecord, hyperparameter: Hyperparameter, trial: Trial, at_low: bool
) -> float:
    """Return how far inside the range a trial lies, from 0 at the edge to 1 at the other one.

    One in which the hyperparameter is inactive is infinitely far from both.
    """
    if not search.has(trial, hyperparameter):
        return math.inf
    position = hyperparameter.position(trial.values[hyperparameter.name])
    return position if at_low else 1 - position


def _at_edge(search: SearchRecord, hyperparameter: Hyperparameter, at_low: bool) -> bool:
    leaders = search.scored[:LEADERS]
    active = sum(search.has(trial, hyperparameter) for trial in search.scored)
    near = sum(_depth(search, hyperparameter, trial, at_low) <= MARGIN for trial in leaders)
    best = _depth(search, hyperparameter, search.ranking[0], at_low)
    return active >= FEWEST_TRIALS and best <= EDGE and near >= len(leaders) / 2


def _at_the_edge(
    search: SearchRecord, hyperparameter: Hyperparameter, at_low: bool
) -> Iterator[Finding]:
    name, label = hyperparameter.name, search.label(hyperparameter)
    best = search.ranking[0].values[name]
    edge = hyperparameter.low if at_low else hyperparameter.high
    side = "lower" if at_low else "upper"
    numbers = {"hyperparameter": name, "best": best, "edge": edge, "side": side}
    why = WHY.format(leaders=len(search.scored[:LEADERS]))
    depth = _depth(search, hyperparameter, search.ranking[0], at_low)
    beyond = [
        trial
        for trial in search.history.trials.values()
        if trial.status is not Status.RUNNING
        and _depth(search, hyperparameter, trial, at_low) < depth
    ]
    if len(beyond) >= 2 and all(trial.status is Status.FAILED for trial in beyond):
        yield Finding(
            "unstable_there",
            Severity.NOTE,
            f"The best {label} is {best:.4g}, close to the {side} end {edge:g} of its range, and "
            f"all {len(beyond)} trials beyond it failed: it is unstable there, so a wider range "
            "has nothing to offer.",
            f"{why} All trials beyond the best one failed, at least two.",
            numbers | {"failed_beyond": len(beyond)},
        )
        return
    if not at_low and name in search.config.get("limited_by_data", ()):
        return  # The model ends the range there, since there are few rows or columns.
    low, high = widened(hyperparameter, at_low)
    if (low, high) != (hyperparameter.low, hyperparameter.high):
        yield Finding(
            "boundary",
            Severity.ADVICE,
            f"The best {label} is {best:.4g}, at the {side} end of its range "
            f"({hyperparameter.low:g} to {hyperparameter.high:g}): the optimum may lie outside. "
            f"Search {low:g} to {high:g}.",
            why,
            numbers | {"low": low, "high": high},
            # An option would change all ranges of that name.
            new_search(ranging(search.options, name, low, high)) if search.named(name) else None,
        )


def widened(hyperparameter: Hyperparameter, at_low: bool) -> tuple[float, float]:
    """Return a range that reaches further at one end, but not beyond what its values can mean.

    What is never below zero stays there, what has a logarithmic scale stays above, whole numbers
    from 1 on stay at 1, and a share stays below 1. Whole numbers stay on their steps.
    """
    low, high = hyperparameter.low or 0.0, hyperparameter.high or 0.0
    whole, sampling = hyperparameter.whole, hyperparameter.sampling
    share = sampling != "log" and not whole and low >= 0 and high < 1
    if at_low:
        floor = (1.0 if whole else 0.0) if low >= 0 else float("-inf")
        least = floor if sampling == "linear" else low / MOST
        new = hyperparameter.neat(max(hyperparameter.number_at(-WIDER), least))
        return min(low, max(new, floor)), high
    ceiling = 0.9 if share else float("inf")
    most = high * MOST if sampling == "log" else ceiling
    new = hyperparameter.neat(min(hyperparameter.number_at(1 + WIDER), most))
    return low, max(high, min(new, ceiling))
