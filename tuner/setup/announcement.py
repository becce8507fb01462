"""What a search says before its first trial."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import get_console
from rich.text import Text

from data.tables.description import WARNING, column_lines
from tuner.command_line.commands import fixing, holding, new_search
from tuner.command_line.options import SearchOptions
from tuner.command_line.settings import Fix
from tuner.oracles.stages import stages_text
from tuner.setup.automatic_folds import chooses_by_chance
from tuner.setup.build_strategy import other_starts
from tuner.setup.preparation import Preparation
from tuner.setup.sources.source import Source
from tuner.setup.validation_size import validation_advice
from tuner.space.changes import adjusted_space
from tuner.space.cube import SearchSpace, Values
from tuner.space.roles import Roles, roles_text
from tuner.training.own_model import is_own
from tuner.trials.history import History
from tuner.trials.record import defaults_name

# Up to so many trials, so many hyperparameters (the tuning playbook's rule of thumb).
FEW, ENOUGH = 10, 25


def announce(
    prepared: Preparation,
    run: Path,
    history: History,
    grid: dict[str, Any] | None,
    sources: Sequence[Source],
    advice: str | None,
) -> None:
    """Print what is searched, from what, and what speaks against it."""
    options, dataset = prepared.options, prepared.dataset

    def say(sentence: str, style: str = "") -> None:
        get_console().print(Text(sentence, style), soft_wrap=True)

    for line in (*dataset.notes, *column_lines(dataset.columns)):
        say(line, "yellow" if line.startswith(WARNING) else "")
    say(
        f"{dataset.name}: {dataset.task}, {len(dataset.train)} training, "
        f"{len(dataset.validation)} validation, {len(dataset.test)} test examples"
    )
    say(
        f"{options.strategy} search of {options.model}: {options.max_trials} trials of up to "
        f"{options.max_epochs} epochs ({prepared.steps:,} steps; patience {options.patience}), "
        f"{prepared.objective.name} {prepared.objective.direction}, "
        f"seed {options.seed}, pruner {prepared.pruner}"
    )
    if options.folds:
        examples, few = len(dataset.train) + len(dataset.validation), len(dataset.validation)
        if chooses_by_chance(dataset):
            say(
                f"{few} validation examples alone would choose by chance, so trials are compared "
                "in folds: --folds 0 compares on these alone"
            )
        times = f", {options.repeats} times" if options.repeats > 1 else ""
        way = "" if dataset.train.groups is None else " of whole groups"
        if dataset.train.time is not None:
            way += ", each later than what it trains on"
        say(
            f"Cross-validation of the {examples} training and validation examples in "
            f"{options.folds} folds{way}{times}: a score is a mean ± standard deviation over "
            f"{options.trainings} trainings"
        )
    for sentence in _about_the_model(prepared):
        say(sentence)
    say(roles_text(prepared.roles))
    if starts := other_starts(prepared):
        defaults = defaults_name(str(options.model), options.range)
        say(f"Trials 0 to {len(starts)}: {defaults}, and other starts that are known to be good")
    if (found := history.learning_rate) is not None:
        say(
            f"learning rate {found['learning_rate']:g}, from {found['low']:g} to "
            f"{found['high']:g}; {stages_text(options.max_trials)}"
        )
    elif grid is not None:
        say(_grid_line(grid, options.max_trials, defaults_name(str(options.model), options.range)))
    for source in sources:
        say(f"Starting from {source.summary()}")
        if differences := source.differences(prepared.search_space):
            say(f"  {differences}")
    if history.trials:
        say(f"Resuming {run}: {len(history.ends)} trials are done")
    workers, lag = options.workers or 1, options.at_once
    if lag is not None and not options.folds and workers > lag:
        say(
            f"warning: of {workers} workers --lag {lag} lets {lag} train at a time: "
            f"--lag {workers}, or --no-deterministic, uses all",
            "yellow",
        )
    for warning in (advice, validation_advice(prepared)):
        if warning is not None:
            say(f"warning: {warning}", "yellow")


def _about_the_model(prepared: Preparation) -> Iterator[str]:
    """Yield what was found out of a model, as far as nobody has said it."""
    options, dataset, declared = prepared.options, prepared.dataset, prepared.declared
    form = dataset.form
    if is_own(str(options.model)):
        inputs = f"columns {', '.join(form.columns)}" if form.columns else dataset.input_shape
        took = f"It takes {options.inputs} inputs {inputs}"
        if form.input_shape is not None:
            took += ", which the examples are reshaped to"
        if dataset.task == "classification":
            took += f", and targets as {'rows of zeros and a one' if form.one_hot else 'indices'}"
        if form.outputs:
            own = [name for name in form.outputs if name in dataset.more_targets]
            first = [name for name in form.outputs if name not in own]
            took += f"; outputs with targets of their name: {', '.join(own) or 'none'}; with the "
            took += f"first target: {', '.join(first) or 'none'}"
        yield took
    if declared.unread:
        yield f"Not searched, since the model never reads it: {', '.join(sorted(declared.unread))}"
    if not declared.complete:
        yield (
            f"The search space was looked for in {declared.builds} builds ({declared.seconds:.0f} "
            "s), and may be larger: what a trial declares besides is searched from then on"
        )


def _grid_line(grid: dict[str, Any], max_trials: int, defaults: str) -> str:
    """Return how large a grid is, and how much of it the search will see."""
    levels = {name: count for name, count in grid["levels"].items() if count > 1}
    points = grid["points"]
    product = " x ".join(f"{count} {name}" for name, count in levels.items())
    size = f"{product} = {points}" if math.prod(levels.values()) == points else f"{points}"
    besides = f" and {defaults}" if grid["trials"] > points else ""
    if max_trials >= grid["trials"]:
        return f"grid: {size} points{besides}, all of which are tried"
    return (
        f"grid: {size} points{besides}, of which --max-trials takes {max_trials}, "
        "spread evenly over the values of each hyperparameter"
    )


def _middle(space: SearchSpace) -> Values:
    """Return values in the middle of the ranges, floats with three digits.

    They serve where nobody has stated a default: those that KerasTuner fills in are lower ends.
    """
    values = space.decode(np.full(len(space.free), 0.5))
    for h in space.free:
        value = values.get(h.name)
        if isinstance(value, float) and h.step is None and not h.choices:
            short = float(f"{value:.3g}")
            values[h.name] = short if 0 <= h.unit(short) <= 1 else value
    return values


def budget_advice(options: SearchOptions, space: SearchSpace, roles: Roles) -> str | None:
    """Return what to do when few trials are spread over many hyperparameters; None if they are not.

    Fewer than 10 trials are enough for the learning rate alone, 10 to 24 for it and one more, which
    is the first scientific one.

    Returns:
        A sentence, and after a colon the command that follows it, with the options as given.
    """
    free = list(dict.fromkeys(h.name for h in space.free))
    active = space.defaults() if space.has_defaults else _middle(space)
    carried = 1 if options.max_trials < FEW else 2
    if options.max_trials >= ENOUGH or len(free) <= carried:
        return None
    # All others stay where these are, and with them what these leave inactive.
    by_importance = sorted(
        (name for name in free if name in active),
        key=lambda name: (name != "learning_rate", roles.get(name) != "scientific"),
    )
    kept = by_importance[:carried]
    held = [name for name in free if name not in kept]
    named = Counter(declaration["config"]["name"] for declaration in space.declarations)
    single = {name for name in held if named[name] == 1}
    fixes = [Fix(name, str(active[name])) for name in held if name in single & active.keys()]
    adjusted = adjusted_space(space.declarations, fixes, (), {*held} - {fix.name for fix in fixes})
    left = {h.name: h.default for h in SearchSpace(adjusted).hyperparameters if h.name in held}
    several = [name for name in left if name not in single]
    once = {name: value for name, value in left.items() if name in single}
    narrowed = holding(fixing(options, once), several)
    return (
        f"{options.max_trials} trials are few for {len(free)} hyperparameters: they are enough for "
        f"{' and '.join(kept)}; from {ENOUGH} trials on, for all: {new_search(narrowed)}"
    )
