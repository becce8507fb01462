"""The best trial against what needs no search: the defaults, and chance."""

from collections.abc import Iterator

from tuner.command_line.commands import new_search, train_command
from tuner.findings.finding import Finding, Severity
from tuner.findings.noise import score_noise
from tuner.trials.chance import MARGIN, STANDARD_ERRORS, beats_chance
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial


def no_better_than_default(search: SearchRecord) -> Iterator[Finding]:
    """Say when the search has not clearly beaten the defaults."""
    best, default, noise = search.best, search.default, score_noise(search)
    if best is None or default is None or len(search.ranking) < 2:
        return
    if (search.retrained or {}).get("adoption"):  # A test with new trainings has decided it.
        return
    gain = search.objective.gain(best.known_score, default.known_score)
    if noise is None or (best is not default and gain > STANDARD_ERRORS * noise):
        return
    name, score, defaults = search.objective.name, default.known_score, search.defaults_name
    text = (
        f"Nothing beat {defaults} ({name} {score:.4f})."
        if best is default
        else f"The best trial is not clearly better than {defaults}: {name} "
        f"{best.score:.4f} against {score:.4f}, a gain of {gain:.4f} where chance alone moves a "
        f"score by up to {STANDARD_ERRORS * noise:.4f}."
    )
    yield Finding(
        "no_better_than_default",
        Severity.ADVICE,
        text,
        f"The best score exceeds that of trial 0, {defaults}, by no more than "
        f"{STANDARD_ERRORS:g} standard errors.",
        {"best": best.score, "default": score, "gain": gain, "noise": noise},
        None if best is default else f"{train_command(search.run)} --against-default",
    )


def below_chance(search: SearchRecord) -> Iterator[Finding]:
    """Say when a model that knows nothing of the inputs is as good."""
    best, default = search.best, search.default
    name = search.objective.name
    chance, examples = search.config.get("chance", {}).get(name), search.compared_on
    if best is None or chance is None or examples is None:
        return

    def beaten_by(trial: Trial) -> bool:
        return beats_chance(trial.known_score, chance, search.objective, examples)

    mended = beaten_by(best)
    if mended and (default is None or beaten_by(default)):
        return
    trial = default if mended and default is not None else best
    guess = (
        "the most frequent class" if search.objective.is_share else "what targets are on average"
    )
    who = f"{search.defaults_name.capitalize()} do" if mended else "Even the best trial does"
    rated = search.named("learning_rate") is not None
    command = new_search(search.options, "--find-learning-rate") if rated else None
    otherwise = ", or for a learning rate that learns." if rated else "."
    if not mended:
        otherwise = " before searching on."
    yield Finding(
        "below_chance",
        Severity.ADVICE if mended else Severity.PROBLEM,
        f"{who} not clearly beat chance: {name} {trial.score:.4f} where predicting {guess} gives "
        f"{chance:.4f}. Look at data and targets{otherwise}",
        f"The gain over a predictor that knows the training targets only is at most "
        f"{STANDARD_ERRORS:g} standard errors of an accuracy, {MARGIN:.0%} of any other objective.",
        {"score": trial.score, "chance": chance, "examples": examples},
        command,
    )
