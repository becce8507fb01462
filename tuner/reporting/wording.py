"""Scores, values and durations as people write them."""

from itertools import groupby

from tuner.trials.history import History
from tuner.trials.trial import Trial


def score_text(trial: Trial) -> str:
    """Return a trial's score; of a cross-validated one with the spread of so many folds."""
    if trial.score_std is None:
        return f"{trial.score:.4f}"
    return f"{trial.score:.4f} ± {trial.score_std:.4f} ({len(trial.fold_scores)} folds)"


def values_text(trial: Trial) -> str:
    """Return a trial's values on one line, numbers with four digits."""
    return " ".join(f"{name}={value_text(value)}" for name, value in trial.values.items())


def codes_text(history: History) -> str | None:
    """Return which trials ran with which code; None where they all ran with the same, or nobody
    wrote down with which."""
    ran = [(n, t.code) for n, t in sorted(history.trials.items()) if t.code is not None]
    if len({code for _, code in ran}) < 2:
        return None
    stretches = [(code, [n for n, _ in group]) for code, group in groupby(ran, lambda one: one[1])]
    told = ", ".join(
        f"{'-'.join(map(str, sorted({numbers[0], numbers[-1]})))} with {code}"
        for code, numbers in stretches
    )
    edited = f": {', '.join(sorted(history.edited))} changed in between" if history.edited else ""
    return f"Not all trials ran with the same code: trials {told}{edited}."


def value_text(value: object) -> str:
    """Return a value as people write it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration_text(seconds: float) -> str:
    """Return a duration in the two largest units that matter: ``1h05m``, ``3m20s``, ``4.2s``."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def short(text: str, length: int = 12) -> str:
    """Return a name, cut where it is longer than its place."""
    return text if len(text) <= length else text[: length - 1] + "…"
