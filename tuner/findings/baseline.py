"""The best trial against what needs no search: the published defaults, and chance."""

from collections.abc import Iterator

from tuner.commands import train_command
from tuner.findings.finding import Finding, Severity
from tuner.findings.noise import score_noise
from tuner.record import SearchRecord

# A difference of so many standard errors is hardly chance.
STANDARD_ERRORS = 2.0
# Where no noise is known, a score must be better than chance by this share of it.
SHARE = 0.05


def no_better_than_default(search: SearchRecord) -> Iterator[Finding]:
    """Say when the search has not clearly beaten the published defaults."""
    best, default, noise = search.best, search.default, score_noise(search)
    if best is None or default is None or len(search.ranking) < 2:
        return
    if (search.retrained or {}).get("adoption"):  # A test with new trainings has decided it.
        return
    gain = search.gain(best.score or 0.0, default.score or 0.0)
    if noise is None or (best is not default and gain > STANDARD_ERRORS * noise):
        return
    name, score = search.objective.name, default.score or 0.0
    text = (
        f"Nothing beat the published defaults ({name} {score:.4f})."
        if best is default
        else f"The best trial is not clearly better than the published defaults: {name} "
        f"{best.score:.4f} against {score:.4f}, a gain of {gain:.4f} where chance alone moves a "
        f"score by {noise:.4f}."
    )
    yield Finding(
        "no_better_than_default",
        Severity.ADVICE,
        text,
        f"The best score exceeds that of trial 0, the published defaults, by no more than "
        f"{STANDARD_ERRORS:g} standard errors.",
        {"best": best.score, "default": score, "gain": gain, "noise": noise},
        f"{train_command(search.run)} --against-default",
    )


def below_chance(search: SearchRecord) -> Iterator[Finding]:
    """Say when a model that knows nothing of the inputs is as good."""
    best = search.best
    chance = search.config.get("chance", {}).get(search.objective.name)
    if best is None or best.score is None or chance is None:
        return
    needed = _needed(search, chance)
    default = search.default
    beaten = search.gain(best.score, chance) > needed
    if beaten and (
        default is None or search.gain(default.score or 0.0, chance) > needed or best is default
    ):
        return
    name = search.objective.name
    guess = (
        "the most frequent class" if name.endswith("accuracy") else "what targets are on average"
    )
    trial = default if beaten and default is not None else best
    who = "The published defaults do" if beaten else "Even the best trial does"
    yield Finding(
        "below_chance",
        Severity.ADVICE if beaten else Severity.PROBLEM,
        f"{who} not clearly beat chance: {name} {trial.score:.4f} where predicting {guess} gives "
        f"{chance:.4f}. Look at data and targets"
        + (", or for a learning rate that learns." if beaten else " before searching on."),
        f"The gain over a predictor that knows the training targets only is at most {needed:.4g}: "
        f"{STANDARD_ERRORS:g} standard errors of an accuracy, {SHARE:.0%} of any other objective.",
        {"score": trial.score, "chance": chance, "needed": needed},
    )


def _needed(search: SearchRecord, chance: float) -> float:
    examples = search.examples("validation")
    if search.objective.name.endswith("accuracy") and examples:
        return float(STANDARD_ERRORS * (chance * (1 - chance) / examples) ** 0.5)
    return SHARE * abs(chance)
