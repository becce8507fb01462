"""The best trial for each value of a hyperparameter, and batch sizes on equal terms."""

import math
from collections.abc import Iterator

import numpy as np

from tuner.findings.finding import Finding, Severity
from tuner.findings.noise import tolerance
from tuner.space.hyperparameters import Hyperparameter
from tuner.trials.chance import STANDARD_ERRORS
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord, curve
from tuner.trials.trial import Trial

# Up to so many different values, each is a group of its own; a range is cut into as many parts.
MOST_VALUES, PARTS = 10, 5
FEWEST_EACH = 2
# So many trials must have a value for its best one to speak for it, and so many for it to be equal
# to another: that no difference was seen says little where little was looked at.
FEWEST_COMPARED, FEWEST_EQUAL = 3, 5
# A value is best if luck alone would put as many of the best trials there at most so often.
CHANCE = 0.05


def best_for_each_value(
    search: SearchRecord, hyperparameter: Hyperparameter
) -> dict[str, list[Trial]]:
    """Return the trials with a score by the value of a hyperparameter, best first, in the order
    of the values; those of a range with many values by the part of the range."""
    name = hyperparameter.name
    trials = [trial for trial in search.scored if search.has(trial, hyperparameter)]
    values = {trial.values[name] for trial in trials}
    if len(values) <= MOST_VALUES and (hyperparameter.whole or not hyperparameter.numeric):
        ordered = sorted(values, key=hyperparameter.position)
        return {str(v): [t for t in trials if t.values[name] == v] for v in ordered}
    parts: dict[int, list[Trial]] = {part: [] for part in range(PARTS)}
    for trial in trials:
        part = math.floor(hyperparameter.position(trial.values[name]) * PARTS)
        if part >= 0:
            parts[min(part, PARTS - 1)].append(trial)
    edges = [hyperparameter.number_at(edge / PARTS) for edge in range(PARTS + 1)]
    return {
        f"{edges[part]:.3g} to {edges[part + 1]:.3g}": inside
        for part, inside in parts.items()
        if inside
    }


def isolation(search: SearchRecord) -> Iterator[Finding]:
    """Answer what each scientific hyperparameter does, the nuisances tuned for each value."""
    for hyperparameter in search.searched:
        if search.roles.get(hyperparameter.name) != "scientific":
            continue
        groups = best_for_each_value(search, hyperparameter)
        compared = {v: trials for v, trials in groups.items() if len(trials) >= FEWEST_COMPARED}
        if len(compared) >= 2:
            yield from _isolated(search, hyperparameter, groups, compared)


def _isolated(
    search: SearchRecord,
    hyperparameter: Hyperparameter,
    groups: dict[str, list[Trial]],
    compared: dict[str, list[Trial]],
) -> Iterator[Finding]:
    gain, allowed = search.objective.gain, tolerance(search)
    scores = {value: trials[0].known_score for value, trials in compared.items()}
    order = sorted(scores, key=lambda value: search.objective.sort_key(scores[value]))
    first, second = order[:2]
    others = [value for value in groups if value not in compared]
    if any(gain(groups[value][0].known_score, scores[first]) > 0 for value in others):
        return  # What is best has too few trials to be compared.
    equal = [v for v in scores if gain(scores[first], scores[v]) <= allowed]
    # A pruned trial would have ended no worse than it was.
    most = "at most " if compared[second][0].status is Status.PRUNED else ""
    lead = f"by {most}{gain(scores[first], scores[second]):.2g} before {second}"
    if len(equal) == 1 and _luck(search, groups, first) <= CHANCE:
        verdict = f"{first} is best, {lead}"
    elif min(map(len, compared.values())) < FEWEST_EQUAL:
        return
    elif len(equal) == 1:
        verdict = f"{first} leads, {lead}, which may be luck"
    elif len(equal) == len(order):
        verdict = f"no value stands out (all within {allowed:.2g}), so take the cheapest"
    else:
        verdict = f"{', '.join(equal)} are equally good (within {allowed:.2g})"
    listed = ", ".join(f"{value}: {score:.4f}" for value, score in scores.items())
    few = f" Too few trials to compare have {', '.join(others)}." if others else ""
    label = search.label(hyperparameter)
    yield Finding(
        "isolation",
        Severity.NOTE,
        f"{label}: {verdict}. Best {search.objective.name} for each: {listed}.{few}",
        f"The best trial for each value of a scientific hyperparameter that at least "
        f"{FEWEST_COMPARED} trials have. A value is best if so many of the best trials have it as "
        f"would happen by chance once in {1 / CHANCE:.0f} times; with {FEWEST_EQUAL} trials each, "
        "it is also said that none is.",
        {"hyperparameter": label, "best": scores, "tolerance": allowed},
    )


def _luck(search: SearchRecord, groups: dict[str, list[Trial]], first: str) -> float:
    """Return how probable it is that as many of the best trials have one value as do, if the order
    of the trials had nothing to do with it."""
    keys = {v: [search.objective.sort_key(t.score) for t in groups[v]] for v in groups}
    best_of_others = min(min(keys[value]) for value in groups if value != first)
    ahead = sum(key < best_of_others for key in keys[first])
    return math.comb(len(keys[first]), ahead) / math.comb(sum(map(len, keys.values())), ahead)


def equal_steps(search: SearchRecord) -> Iterator[Finding]:
    """Say when batch sizes rank differently on equal steps than on equal epochs."""
    examples = search.examples("train")
    batch = search.named("batch_size")
    if examples is None or batch is None:
        return
    groups = best_for_each_value(search, batch).values()
    # Of a pruned trial the later epochs are not known.
    whole = [[t for t in trials if t.status is Status.COMPLETED] for trials in groups]
    best = {
        int(trials[0].values["batch_size"]): trials[0]
        for trials in whole
        if len(trials) >= FEWEST_EACH
    }
    if len(best) < 2:
        return
    per_epoch = {size: math.ceil(examples / size) for size in best}
    epochs = min(trial.epochs for trial in best.values())
    steps = min(trial.epochs * per_epoch[size] for size, trial in best.items())
    so_far = {size: _best_so_far(search, trial) for size, trial in best.items()}
    unknown = any(np.isnan(scores).any() for scores in so_far.values())
    if unknown or epochs == 0 or steps < max(per_epoch.values()):
        return
    by_epochs = {size: float(scores[epochs - 1]) for size, scores in so_far.items()}
    by_steps = {
        size: float(scores[steps // per_epoch[size] - 1]) for size, scores in so_far.items()
    }
    winners = [_winner(search, scores) for scores in (by_epochs, by_steps)]
    lead = search.objective.gain(by_steps[winners[1]], by_steps[winners[0]])
    if winners[0] == winners[1] or lead <= STANDARD_ERRORS * tolerance(search):
        return
    yield Finding(
        "batch_size_on_equal_steps",
        Severity.NOTE,
        f"Batch sizes rank differently on equal terms: after {epochs} epochs {winners[0]} leads, "
        f"after {steps} steps {winners[1]} does, by {lead:.2g}. A small batch takes more steps in "
        "an epoch; learning rate and regularization shift with it.",
        "The best trial of each batch size that at least two trials have, compared after equal "
        "epochs and after equal steps: the winners differ by more than two tolerances.",
        {"epochs": epochs, "steps": steps, "on_epochs": by_epochs, "on_steps": by_steps},
    )


def _best_so_far(search: SearchRecord, trial: Trial) -> np.ndarray:
    sign = search.objective.sign
    return sign * np.minimum.accumulate(sign * curve(trial, search.objective.name))


def _winner(search: SearchRecord, scores: dict[int, float]) -> int:
    return min(scores, key=lambda size: (search.objective.sort_key(scores[size]), size))
