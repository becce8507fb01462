"""What a search says before its first trial."""

from collections.abc import Sequence
from typing import Any

from rich import get_console

from tuner.oracles.stages import stages_text
from tuner.reporting.opening import grid_line
from tuner.setup.advice import Advice
from tuner.setup.other_searches import Source
from tuner.setup.preparation import Preparation
from tuner.space.roles import roles_text
from tuner.storage.run_directory import RunDirectory
from tuner.trials.history import History


def announce(
    prepared: Preparation,
    run: RunDirectory,
    history: History,
    grid: dict[str, Any] | None,
    sources: Sequence[Source],
    advice: Advice | None,
) -> None:
    """Print what is searched, from what, and what speaks against it."""
    options, dataset = prepared.options, prepared.dataset

    def say(sentence: str, style: str = "") -> None:
        get_console().print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)

    say(
        f"{dataset.name}: {dataset.task}, {len(dataset.train.y)} training, "
        f"{len(dataset.validation.y)} validation, {len(dataset.test.y)} test examples"
    )
    say(
        f"{options.strategy} search of {options.model}: {options.max_trials} trials of up to "
        f"{options.max_epochs} epochs, {prepared.objective.name} {prepared.objective.direction}, "
        f"seed {options.seed}, pruner {prepared.pruner}"
    )
    if options.folds is not None:
        examples = len(dataset.train.y) + len(dataset.validation.y)
        times = f", {options.repeats} times" if options.repeats > 1 else ""
        say(
            f"Cross-validation of the {examples} training and validation examples in "
            f"{options.folds} folds{times}: a score is a mean ± standard deviation over "
            f"{options.trainings} trainings"
        )
    say(roles_text(prepared.roles))
    if grid is not None and history.learning_rate is None:
        say(grid_line(grid, options.max_trials))
    if (found := history.learning_rate) is not None:
        say(
            f"learning rate {found['learning_rate']:g}, from {found['low']:g} to "
            f"{found['high']:g}; {stages_text(options.max_trials)}"
        )
    for source in sources:
        say(f"Starting from {source.summary()}")
    if history.trials:
        say(f"Resuming {run.path}: {history.ended()} trials are done")
    if advice is not None:
        say(f"warning: {advice.text}: {advice.command}", style="yellow")
