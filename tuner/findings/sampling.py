"""Whether the search has sampled enough, how optimistic its best score is, and what is left of it
in new trainings."""

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from tuner.command_line.commands import train_command, tune_command
from tuner.findings.finding import Finding, Severity
from tuner.findings.noise import good_trials, score_noise, tolerance
from tuner.trials.record import SearchRecord, scores_of

# So many trials in the good region make a lucky hit unlikely.
ENOUGH_GOOD = 3
# The tuning playbook's rule of thumb: fewer trials tell little of more than one hyperparameter.
FEWEST_TRIALS = 10


def expected_best(search: SearchRecord) -> np.ndarray:
    """Return the expected best score of k trials drawn with replacement, for k = 1, 2, …, n.

    The bootstrap of Dodge et al. (2019), "Show your work", exactly: of k draws the best is at
    most the i-th best of n with probability ((n - i) / n)^k, so nothing is drawn. Pruned trials
    count with the score they had, failed ones as the worst of all.
    """
    if not search.ranking:
        return np.zeros(0)
    scores = scores_of([*search.ranking, *search.pruned])
    scores = np.array(sorted(scores, key=search.objective.sort_key))
    scores = np.concatenate([scores, np.full(len(search.failed), scores[-1])])
    n = len(scores)
    draws = np.arange(1, n + 1)[:, np.newaxis]
    behind = ((n - np.arange(n + 1)) / n) ** draws  # The best is among the last n - i.
    return np.asarray((behind[:, :-1] - behind[:, 1:]) @ scores)


def sampled_enough(search: SearchRecord) -> Iterator[Finding]:
    """Say whether more trials are likely to find something better."""
    if not search.ranking or not search.searched or _exhausted(search):
        return
    trials = len(search.ranking) + len(search.pruned) + len(search.failed)
    searched = len({hyperparameter.name for hyperparameter in search.searched})
    good, allowed = len(good_trials(search)), tolerance(search)
    best_of = expected_best(search)
    gained = abs(best_of[-1] - best_of[(trials - 1) // 2])
    others = "no other" if good == 1 else f"{good - 1} more"
    in_region = (
        f"{others} of {trials} trials {'are' if good > 2 else 'is'} as good as the best (within "
        f"{allowed:.2g})"
    )
    few = trials < FEWEST_TRIALS and searched > 1
    enough = not few and good >= ENOUGH_GOOD and gained <= max(allowed, 1e-12)
    if few:
        text = f"{trials} trials tell little of {searched} hyperparameters: {in_region}."
        why = f"Fewer than {FEWEST_TRIALS} trials for more than one hyperparameter."
    elif enough:
        text = (
            f"In these ranges more trials will hardly find something better: {in_region}, and "
            f"doubling the trials gained {gained:.2g} on average."
        )
        why = (
            f"At least {ENOUGH_GOOD} trials are as good as the best, and the expected best of all "
            "trials exceeds that of half of them by no more than counts as equally good."
        )
    else:
        text = (
            f"More trials may find something better: {in_region}, and doubling the trials from "
            f"{(trials + 1) // 2} to {trials} gained {gained:.2g} on average."
        )
        why = (
            f"Fewer than {ENOUGH_GOOD} trials are as good as the best, or the expected best of all "
            "trials exceeds that of half of them by more than counts as equally good."
        )
    more = f"{tune_command(search.run)} --max-trials {2 * max(trials, FEWEST_TRIALS)}"
    yield Finding(
        "sampled_enough" if enough else "too_few_trials",
        Severity.NOTE if enough else Severity.ADVICE,
        text,
        why,
        {
            "trials": trials,
            "good_trials": good,
            "tolerance": allowed,
            "gain_of_second_half": gained,
        },
        None if enough else more,
    )


def _exhausted(search: SearchRecord) -> bool:
    points = search.space.points
    return points is not None and len(search.history.trials) >= points.size


def optimism(search: SearchRecord) -> Iterator[Finding]:
    """Say by how much choosing the best of many trials flatters its score."""
    noise, good = score_noise(search), len(good_trials(search))
    if noise is None or noise == 0 or good < 2 or search.best is None or search.retrained:
        return
    # The expected largest of k standard normal numbers (Blom, 1958).
    expected = noise * float(ndtri((good - 0.375) / (good + 0.25)))
    score = search.best.known_score
    honest = score + search.objective.sign * expected
    yield Finding(
        "optimism",
        Severity.NOTE,
        f"The best score is the luckiest of {good} about equally good trials, so it flatters: "
        f"expect about {honest:.4g} rather than {score:.4g} from a new training.",
        "The expected largest of as many normal numbers as there are equally good trials, at least "
        "two, times the noise of a score.",
        {"score": score, "noise": noise, "good_trials": good, "optimism": expected},
        train_command(search.run),
    )


def retrained(search: SearchRecord) -> Iterator[Finding]:
    """Show the score of new trainings beside that in the search, the test score, the verdict."""
    metrics = search.retrained
    if metrics is None:
        return
    score, name = metrics["retrained_score"], search.objective.name
    adoption = metrics.get("adoption") or {}
    spread = f" ± {score['std']:.4f}" if len(metrics["seeds"]) > 1 else ""
    before = metrics.get("search_score")
    in_search = "" if before is None else f" (in the search: {before:.4f})"
    members = (metrics.get("ensemble") or {}).get("members")
    of = f" (an ensemble of {members})" if members else ""
    test = ", ".join(f"test_{metric} {value:.4f}" for metric, value in metrics["test"].items())
    verdict = f" {adoption['text']}. Adopted: {adoption['adopted']}." if adoption else ""
    yield Finding(
        "retrained",
        Severity.NOTE,
        f"Trained again, {metrics['origin']} came to {name} {score['mean']:.4f}{spread}"
        f"{in_search}, and on test data, looked at once, {test}{of}.{verdict}",
        "train.py has trained this search's result again; the first score was picked out of many, "
        "these are not.",
        {
            "search_score": before,
            "retrained_mean": score["mean"],
            "retrained_std": score["std"],
            "seeds": len(metrics["seeds"]),
            "test": metrics["test"],
            "better_than_default": adoption.get("better"),
        },
    )
