"""Whether a configuration falls short of its score in the search when it is trained again.

The search has picked a score out of many, so that part of it was luck; the new training is none.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from tuner.command_line.options import SEEDS_TO_COMPARE
from tuner.retraining.choice import Choice
from tuner.trials.chance import STANDARD_ERRORS

# Where nothing tells the standard error of a score, it is taken for this share of it.
SHARE = 0.05


def shortfall(choice: Choice, scores: Sequence[float]) -> dict[str, Any] | None:
    """Return by how much new trainings are worse than the search, and a warning that says it.

    Args:
        choice: What was trained again.
        scores: Those of its trainings, one at least.

    Returns:
        What ``metrics.json`` says; None where the score is known of no search, or they are not
        worse by more than `STANDARD_ERRORS` standard errors.
    """
    objective, before = choice.prepared.objective, choice.configuration.search_score
    if before is None or not choice.as_in_the_search:
        return None
    score, error = statistics.fmean(scores), _standard_error(choice, before, scores)
    lost = objective.gain(before, score)
    if lost <= STANDARD_ERRORS * error:
        return None
    examples, folds = len(choice.prepared.dataset.validation), choice.prepared.options.folds
    ways = [f"train more often (--seeds {SEEDS_TO_COMPARE})"] * (choice.seeds < SEEDS_TO_COMPARE)
    ways += ["search with tune.py --folds 5"] * (not folds)
    ways += ["train another trial (--trial N)"]
    text = (
        f"trained again, {choice.configuration.origin} came to {objective.name} {score:.4f}, where "
        f"the search had {before:.4f}: worse by more than {STANDARD_ERRORS:g} standard errors "
        f"({error:.2g} each), probably by chance in the search, with {examples} validation "
        f"examples: {', or '.join(ways)}"
    )
    return {"lost": lost, "standard_error": error, "text": text}


def _standard_error(choice: Choice, before: float, scores: Sequence[float]) -> float:
    """Return the standard error of the difference between the score of a search and new ones.

    With folds, a new training is one more of them. Else the examples are the same ones; a share of
    n of them has at most the binomial error (of one success and one failure more, so that it is
    not 0 for a share of 1), any other score that from seed to seed.
    """
    folds = choice.configuration.fold_scores
    if len(folds) > 1:
        return statistics.stdev(folds) * math.sqrt(1 + 1 / len(folds))
    examples = len(choice.prepared.dataset.validation)
    if choice.prepared.objective.is_share and 0 <= before <= 1:
        share = (before * examples + 1) / (examples + 2)
        return math.sqrt(share * (1 - share) / examples)
    if len(scores) > 1:
        return statistics.stdev(scores) * math.sqrt(1 + 1 / len(scores))
    return SHARE * abs(before)
