"""Trials that failed, and the learning rate above which training breaks."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from tuner.command_line.commands import fixing, new_search, ranging
from tuner.findings.finding import Finding, Severity
from tuner.trials.ending import Cause, Status
from tuner.trials.record import SearchRecord, curve
from tuner.trials.trial import Trial

# Above the rate nearly all trials break, below it hardly any.
MOSTLY, HARDLY = 0.75, 0.25
FEWEST_BROKEN = 3
# So near the best rate, breaking is worth mending: what lies beyond may be better still.
NEAR = 4.0
# Gradients are clipped above this quantile of their norms.
CLIPPED = 0.9
# Failures are worth a look from this share of the trials on.
MANY = 0.2


def broke(trial: Trial) -> bool:
    """Tell whether a trial diverged, or ended with a training loss above the first epoch's."""
    if trial.status is Status.FAILED:
        return trial.cause is Cause.DIVERGED
    losses = curve(trial, "loss")
    return len(losses) > 1 and bool(losses[-1] > losses[0])


def unstable_rate(search: SearchRecord) -> float | None:
    """Return the learning rate from which on training breaks; None if there is none.

    From it on at least three quarters of the trials break, three or more, and half of all that
    do; below it at most one quarter.
    """
    known = [
        (float(trial.values["learning_rate"]), broke(trial))
        for trial in search.history.trials.values()
        if isinstance(trial.values.get("learning_rate"), float | int)
        and (trial.status is Status.COMPLETED or trial.cause is Cause.DIVERGED)
    ]
    if not known:
        return None
    rates, broken = np.array(sorted(known)).T
    for index in range(1, len(rates)):
        above, below = broken[index:], broken[:index]
        most = above.sum() >= max(FEWEST_BROKEN, broken.sum() / 2)
        if most and above.mean() >= MOSTLY and below.mean() <= HARDLY:
            return float(rates[index:][above > 0][0])
    return None


def instability(search: SearchRecord) -> Iterator[Finding]:
    """Say from which learning rate on training breaks, and what mends it if that is near."""
    rate, best = unstable_rate(search), search.best
    if rate is None or best is None or "learning_rate" not in best.values:
        return
    best_rate = float(best.values["learning_rate"])
    near = best_rate <= rate <= NEAR * best_rate
    command, remedy = None, ""
    if near:
        name, settings = _remedy(search, best)
        command = new_search(fixing(search.options, settings)) if settings else None
        remedy = f" That is just above the best one: try {name}."
    elif rate > best_rate:
        ranged = search.named("learning_rate")
        if ranged is not None and ranged.low is not None and ranged.low < ranged.neat(rate):
            narrowed = ranging(search.options, "learning_rate", ranged.low, ranged.neat(rate))
            command = new_search(narrowed)
    yield Finding(
        "instability",
        Severity.ADVICE if near else Severity.NOTE,
        f"Training breaks from a learning rate of about {rate:.2g} on; the best is "
        f"{best_rate:.2g}.{remedy}",
        f"From that rate on at least {MOSTLY:.0%} of the trials, {FEWEST_BROKEN} or more, and half "
        "of all that do, diverge or end with a higher training loss than they began with; below it "
        f"at most {HARDLY:.0%}.",
        {"learning_rate": rate, "best_learning_rate": best_rate},
        command,
    )


def _remedy(search: SearchRecord, best: Trial) -> tuple[str, dict[str, object]]:
    """Return what steadies training, and the values to fix: warm-up first, then clipping."""
    # What is inactive in the best trial would not steady it.
    kinds = {name: h for name in best.values if (h := search.named(name)) is not None}
    warmed = best.values.get("schedule") == "warmup_cosine"
    if "schedule" in kinds and "warmup_cosine" in kinds["schedule"].choices and not warmed:
        return "warm-up, then gradient clipping", {"schedule": "warmup_cosine"}
    norms = curve(best, "gradient_norm")
    norms = norms[np.isfinite(norms) & (norms > 0)]
    if "clip_norm" in kinds and not best.values.get("clip_norm") and len(norms):
        name = "clipped gradients, above nine tenths of the best trial's norms"
        return name, {"clip_norm": float(f"{np.quantile(norms, CLIPPED):.2g}")}
    return "warm-up or gradient clipping", {}


def failures(search: SearchRecord) -> Iterator[Finding]:
    """Say how many trials failed, and why."""
    failed = search.failed
    if not failed:
        return
    reasons = Counter(trial.reason or "no reason given" for trial in failed).most_common()
    reason, count = reasons[0]
    share = len(failed) / max(len(search.history.ends), 1)
    more = f", and {len(reasons) - 1} other reasons" if len(reasons) > 1 else ""
    yield Finding(
        "failed_trials",
        Severity.PROBLEM
        if not search.ranking
        else Severity.ADVICE
        if share >= MANY
        else Severity.NOTE,
        f"{len(failed)} of {len(search.history.ends)} trials failed: {reason} ({count}){more}.",
        f"At least one trial failed; from {MANY:.0%} on it is worth a change.",
        {"failed": len(failed), "ended": len(search.history.ends), "reasons": dict(reasons[:10])},
    )
