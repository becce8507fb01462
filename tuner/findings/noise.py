"""How much of a difference between two scores is chance."""

import math

import numpy as np

from tuner.trials.record import SearchRecord, curve
from tuner.trials.trial import Trial

# Epochs on each side of the best one that tell how much the objective moves from epoch to epoch.
NEIGHBOURS = 3


def score_noise(search: SearchRecord) -> float | None:
    """Return the standard error of the best trial's score; None where nothing tells it.

    Cross-validated scores have that of their folds, the median over the best trials, since a few
    folds of one trial may agree by chance. An accuracy over n validation examples has the
    binomial one (of one success and one failure more, so that it is not 0 for an accuracy of 1).
    Any other objective has what it moves from one epoch to the next around the best epoch, the
    median over the best trials.
    """
    best, examples = search.best, search.examples("validation")
    if best is None or best.score is None:
        return None
    of_folds = [
        trial.score_std / math.sqrt(len(trial.fold_scores))
        for trial in search.leaders
        if trial.score_std is not None
    ]
    if of_folds:
        return float(np.median(of_folds))
    if search.objective.is_share and examples and 0 <= best.score <= 1:
        share = (best.score * examples + 1) / (examples + 2)
        return math.sqrt(share * (1 - share) / examples)
    movements = [_movement(trial, search.objective.name) for trial in search.leaders]
    known = [movement for movement in movements if movement is not None]
    return float(np.median(known)) if known else None


def _movement(trial: Trial, metric: str) -> float | None:
    centre = (trial.best_epoch or 1) - 1
    around = curve(trial, metric)[max(centre - NEIGHBOURS, 0) : centre + NEIGHBOURS + 1]
    steps = np.diff(around[np.isfinite(around)])
    return float(np.std(steps) / math.sqrt(2)) if len(steps) >= NEIGHBOURS else None


def tolerance(search: SearchRecord) -> float:
    """Return the difference up to which a trial counts as as good as the best.

    The noise of a score, or a tenth of the way from the best trial to the median one, whichever is
    larger. 0 before there is a trial.
    """
    if not search.ranking:
        return 0.0
    scores = [trial.known_score for trial in search.ranking]
    way = abs(scores[0] - float(np.median(scores)))
    return max(score_noise(search) or 0.0, way / 10)


def good_trials(search: SearchRecord) -> list[Trial]:
    """Return the trials that are as good as the best within `tolerance`, the best among them."""
    allowed = tolerance(search)
    if search.best is None:
        return []
    gain, best = search.objective.gain, search.best.known_score
    return [trial for trial in search.scored if gain(best, trial.known_score) <= allowed]
