"""From options to a search that is known to work before its first trial trains."""

import math
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from keras_tuner import HyperParameters

from data import DataOptions, Dataset, load_dataset
from data.errors import InputError
from data.form import Form
from data.large_arrays import folder_of_files, where_kept
from model import build_model, default_model
from model.metrics import known_metric
from model.search_space import ROLES, search_space
from tuner.command_line.choices import (
    DEFAULT_PRUNER,
    FAMILIES,
    PRUNERS,
    SETTINGS,
    STRATEGIES,
    require_packages,
)
from tuner.command_line.declaration import flag
from tuner.command_line.options import DEFAULTS, SearchOptions
from tuner.setup.automatic_folds import with_folds
from tuner.setup.declared_space import DeclaredSpace, declared_space
from tuner.setup.other_searches import source_name
from tuner.setup.training_length import steps_per_epoch, with_training_length
from tuner.setup.trying_out import pretending_to_fit, tried_out
from tuner.space.by_name import by_name
from tuner.space.changes import Changes, held_at_defaults
from tuner.space.cube import SearchSpace
from tuner.space.hyperparameters import Declaration
from tuner.space.roles import Roles, resolved_roles
from tuner.storage.code import Code, code_digests
from tuner.storage.run_directory import git_revision, saved_config
from tuner.training.own_model import OwnModel, is_own
from tuner.training.precision import built_in
from tuner.training.run_trial import ModelBuilder, batch_size_of, hyperparameters_of
from tuner.trials.objective import Objective, certain_direction
from tuner.trials.trial import Metrics

PACKAGES = ("tensorflow", "keras", "keras-tuner", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Preparation:
    """What a search needs, checked.

    Attributes:
        options: As resolved: the model and the objective are named, a training has a length, and
            `folds` is a number.
        dataset: The data, split.
        space: The declarations of the search space, with what the options change.
        objective: Metric and direction.
        build: Makes a compiled model from hyperparameters.
        pruner: What ends trials early: its name.
        roles: What each hyperparameter is for.
        chance: What a predictor scores that knows nothing of the inputs.
        settings: Those of strategy, pruner and executor; None for those of what is not chosen.
        declared: What the model declares, and what it took to find that.
    """

    options: SearchOptions
    dataset: Dataset
    space: list[Declaration]
    objective: Objective
    build: ModelBuilder
    pruner: str
    roles: Roles
    chance: Metrics
    settings: dict[str, Any]
    declared: DeclaredSpace

    @property
    def pruner_settings(self) -> dict[str, Any]:
        """What the pruner is made with."""
        chosen = PRUNERS.get(self.pruner)
        return {} if chosen is None else chosen.keywords(self.options.settings)

    @cached_property
    def search_space(self) -> SearchSpace:
        """The search space, as strategies and advice see it."""
        return SearchSpace(self.space)

    @property
    def changes(self) -> Changes:
        """What the options make of what the model declares."""
        return Changes(self.options.fix, self.options.range)

    @cached_property
    def code(self) -> Code:
        """The code that decides what a trial computes."""
        return code_digests(self.build.files() if isinstance(self.build, OwnModel) else ())

    @cached_property
    def steps(self) -> int:
        """How many weight updates the longest training of the defaults has."""
        batch_size = batch_size_of(self.default_hyperparameters(), self.options.batch_size)
        examples = _examples_trained_on(self.dataset, self.options)
        return self.options.max_epochs * steps_per_epoch(examples, batch_size)

    @property
    def limited_by_data(self) -> list[str]:
        """Names of the hyperparameters whose range the data end lower: few rows or columns."""
        if is_own(str(self.options.model)):
            return []
        unlimited = HyperParameters()
        search_space(unlimited, str(self.options.model), sys.maxsize, sys.maxsize)
        ends = {h.name: h.high for h in SearchSpace(unlimited.get_config()["space"]).free}
        chosen = {one.name for one in self.options.range}
        ours = [h for h in self.search_space.free if h.name not in chosen and h.high is not None]
        return [h.name for h in ours if (ends.get(h.name) or -math.inf) > (h.high or 0.0)]

    def with_pixels(self) -> "Preparation":
        """Return the same with the images of a folder read and resized once, which is said."""
        runs = self.options.runs_dir
        dataset = self.dataset.with_pixels(runs if Path(runs).is_dir() else ".")
        if dataset.pixels is None:
            if dataset.image_shape is not None:
                print(
                    "Resized, the images would take more than a quarter of what is free in "
                    f"{folder_of_files()} (TMPDIR names another folder) or {runs}: they are read "
                    "from their files in each epoch"
                )
            return self
        for sentence in where_kept([dataset.pixels.array]):
            print(sentence)
        build = _builder(self.options, str(self.options.model), dataset, self.options.metrics)
        return replace(self, dataset=dataset, build=build)

    def default_hyperparameters(self) -> HyperParameters:
        """Return hyperparameters with their default values, to build a model with."""
        return hyperparameters_of(self.search_space.defaults())

    def config(self, command: str) -> dict[str, Any]:
        """Return what ``config.json`` holds."""
        options, dataset = self.options, self.dataset
        return {
            "command": command,
            "options": options.as_dict(),
            "found": list(options.found),
            "dataset": {key: getattr(dataset, key) for key in ("name", "task", "fingerprint")},
            "examples": {split: len(dataset[split]) for split in ("train", "validation", "test")},
            "columns": [asdict(column) for column in dataset.columns],
            "notes": list(dataset.notes),
            "model": options.model,
            "search_space": by_name(self.search_space.declarations),
            "limited_by_data": self.limited_by_data,
            "roles": self.roles,
            "chance": self.chance,
            "objective": asdict(self.objective),
            # How far the space was explored, which a resumed search does likewise.
            "exploration": {"builds": self.declared.builds, "complete": self.declared.complete},
            "seed": options.seed,
            "max_epochs": options.max_epochs,
            "patience": options.patience,
            "steps": self.steps,
            "pruner": self.pruner,
            **self.settings,
            # None where there is none, as in the files of searches before the option.
            "start_from": list(options.start_from) or None,
            "cross_validation": {"folds": options.folds, "repeats": options.repeats}
            if options.folds
            else None,
            "versions": {
                "python": platform.python_version(),
                **{package: version(package) for package in PACKAGES},
            },
            "code": self.code,
            "git_revision": git_revision(Path(__file__).parent),
        }


def prepare(options: SearchOptions, known: Sequence[Declaration] | None = None) -> Preparation:
    """Load the data, resolve model, space and objective, and try a model on a few examples.

    Args:
        options: As they were given.
        known: The space, where a search has found it before; None: it is found.

    Raises:
        InputError: Options contradict each other, or do not fit the data or the model.
    """
    given = options
    _resolved_settings(options, _resolved_pruner(options))  # Before the data take their time.
    _require_strategy(options)
    options, dataset = _loaded(options)
    pruner = _resolved_pruner(options)
    settings = _resolved_settings(options, pruner)
    model = options.model or default_model(dataset)
    metrics = _resolved_metrics(options, model, dataset.task)
    if is_own(model):
        dataset = replace(dataset, form=Form(raw=options.inputs == "raw"))
    build = _builder(options, model, dataset, metrics)
    if known is None:
        declared = _explored(build, options)
    else:
        declared = DeclaredSpace(list(known), set(), builds=0, complete=True, seconds=0.0)
    roles = resolved_roles(
        declared.declarations, ROLES, options.role, options.fix, options.range
    ) | dict.fromkeys(declared.unread, "fixed")
    held = [name for name, role in roles.items() if role == "fixed"]
    space = SearchSpace(held_at_defaults(declared.declarations, held))
    reached = [h.declaration for h in space.hyperparameters]
    default = hyperparameters_of(space.defaults())
    batch_size = batch_size_of(default, options.batch_size)
    examples = _examples_trained_on(dataset, options)
    options = with_training_length(options, steps_per_epoch(examples, batch_size))
    tried = tried_out(build, default, dataset, options.targets)
    objective = resolve_objective(options, dataset.task, tried.logged)
    resolved = replace(
        options,
        model=model,
        objective=objective.name,
        direction=objective.direction,
        metrics=metrics,
        start_from=tuple(dict.fromkeys(map(source_name, options.start_from))),
    )
    return Preparation(
        replace(resolved, found=_found(given, resolved)),
        tried.dataset,
        reached,
        objective,
        _builder(options, model, tried.dataset, metrics),
        pruner,
        roles,
        tried.chance,
        settings,
        declared,
    )


def _found(given: SearchOptions, resolved: SearchOptions) -> tuple[str, ...]:
    """Return the names of the options that have got a value although nobody gave one."""
    before, defaults = given.as_dict(), DEFAULTS.as_dict()
    new = [n for n, v in resolved.as_dict().items() if v != before[n] == defaults[n]]
    return tuple(dict.fromkeys([*given.found, *new]))


def _loaded(options: SearchOptions) -> tuple[SearchOptions, Dataset]:
    """Return the data that the options ask for, and options that say in how many folds.

    Raises:
        InputError: They are not there, or do not suit the folds or weights that are asked for.
    """
    asked = {field.name: getattr(options, field.name) for field in fields(DataOptions)}
    dataset = load_dataset(options.dataset, options.seed, folds=options.folds or 0, **asked)
    if options.class_weight != "none":
        dataset = _class_weighted(dataset, options.class_weight)
    options = with_folds(options, dataset)
    if not options.folds and options.repeats > 1:
        raise InputError(
            f"--repeats {options.repeats} repeats a cross-validation: give --folds too, for "
            "instance --folds 5"
        )
    if options.folds:
        # Enough examples of every class, in every fold?
        dataset.fold(0, options.folds, options.repeats)
    return options, dataset


def _examples_trained_on(dataset: Dataset, options: SearchOptions) -> int:
    """Return on how many examples a trial trains; in a cross-validation, on all but a fold."""
    if not options.folds:
        return len(dataset.train)
    return (len(dataset.train) + len(dataset.validation)) * (options.folds - 1) // options.folds


def _explored(build: ModelBuilder, options: SearchOptions) -> DeclaredSpace:
    """Return what the model declares, found as an earlier part of the same search has found it.

    Raises:
        InputError: The model cannot be built, or the options name what it does not declare.
    """
    saved = saved_config(Path(options.runs_dir, options.run)) if options.run else None
    earlier = (saved or {}).get("exploration", {})
    most = None if earlier.get("complete", True) else int(earlier["builds"])
    changes = Changes(options.fix, options.range)
    if isinstance(build, OwnModel):
        declare = pretending_to_fit(build) if build.fits else build.declare
        declared = declared_space(declare, changes, (), most)
    else:
        offered = HyperParameters()
        search_space(offered, "", examples=0)
        names = set(offered.values) - {"batch_size"}  # Training reads it.
        declared = declared_space(build, changes, names, most)
    changes.require_names(declared.declarations)
    return declared


def _builder(
    options: SearchOptions, model: str, dataset: Dataset, metrics: Sequence[str]
) -> ModelBuilder:
    """Return what builds the model that is asked for, on these data.

    Raises:
        InputError: An option is for models of one's own, and this one is not.
    """
    if is_own(model):
        return OwnModel(model, dataset, metrics, options.precision)
    for name in ("inputs", "targets", "batch_size"):
        if getattr(options, name) != getattr(SearchOptions(), name):
            raise InputError(
                f"{flag(name)} is for a model of one's own (--model FILE.py:FUNCTION), and the "
                f"model is {model}: leave it out"
            )
    build = partial(
        build_model, dataset=dataset, model=model, epochs=options.max_epochs, metrics=metrics
    )
    return build if options.precision is None else partial(built_in, options.precision, build)


def _class_weighted(dataset: Dataset, class_weight: str) -> Dataset:
    if dataset.task != "classification":
        other = "" if dataset.train.y.ndim == 2 else ", or give --task classification"
        raise InputError(
            f"--class-weight {class_weight} is for classes, and the task is {dataset.task}: leave "
            f"it out{other}"
        )
    return replace(dataset, class_weight=class_weight)


def _resolved_metrics(options: SearchOptions, model: str, task: str) -> tuple[str, ...]:
    """Return the names that are asked for, and what the objective needs, each once.

    A model of one's own logs its objective itself, or is given it by --metrics.
    """
    names = [name for word in options.metrics for name in word.split(",")]
    if not is_own(model):
        objective = (options.objective or _default_objective(options, task)).removeprefix("val_")
        names += [objective] * known_metric(objective)
    return tuple(dict.fromkeys(names))


def _default_objective(options: SearchOptions, task: str) -> str:
    """Return what a search optimizes that does not say: where classes count alike, also there."""
    if task != "classification":
        return "val_loss"
    return "val_accuracy" if options.class_weight == "none" else "val_balanced_accuracy"


def _resolved_pruner(options: SearchOptions) -> str:
    if options.folds:
        # A learning curve of one fold is not comparable with one of another fold.
        rule = "--folds gives trials up after their first folds, by a rule of its own, received"
        if options.strategy in PRUNERS:
            raise InputError(
                f"{rule} --strategy {options.strategy}, which has another: choose another strategy"
            )
        if options.pruner not in (None, "none"):
            raise InputError(
                f"{rule} --pruner {options.pruner}: leave it out, or give --pruner none to train "
                "all folds of all trials"
            )
        return options.pruner or "folds"
    if options.strategy not in PRUNERS:
        return options.pruner or DEFAULT_PRUNER
    if options.pruner is not None:
        raise InputError(
            f"--strategy {options.strategy} ends trials itself, received --pruner "
            f"{options.pruner}: leave it out, or give --strategy random, which suggests the same"
        )
    return options.strategy


def _resolved_settings(options: SearchOptions, pruner: str) -> dict[str, Any]:
    """Return all settings of strategies, pruners and executors; None for those not chosen."""
    chosen = {"strategy": options.strategy, "pruner": pruner, "executor": options.executor}
    settings: dict[str, Any] = dict.fromkeys(SETTINGS)
    for family, choices in FAMILIES.items():
        for owner, choice in choices.items():
            for name, setting in choice.settings.items():
                if chosen[family] == owner:
                    settings[name] = options.settings.get(name, setting.default)
                elif name in options.settings:
                    typed = flag(f"no_{name}" if options.settings[name] is False else name)
                    raise InputError(
                        f"{typed} belongs to --{family} {owner}, and the {family} is "
                        f"{chosen[family] or 'not chosen'}: leave one of them out"
                    )
    return settings


def _require_strategy(options: SearchOptions) -> None:
    """Raise if its packages are not there, or there are results to learn from and it does not."""
    strategy = STRATEGIES[options.strategy]
    require_packages(f"--strategy {options.strategy}", options.strategy, strategy)
    if options.start_from and not strategy.learns:
        learning = ", ".join(name for name, strategy in STRATEGIES.items() if strategy.learns)
        raise InputError(
            f"--start-from: expected a strategy that learns from results ({learning}), "
            f"received --strategy {options.strategy}"
        )


def resolve_objective(options: SearchOptions, task: str, logged: list[str]) -> Objective:
    """Return the objective with its direction, which is never guessed from an unknown name.

    Raises:
        InputError: The model does not log that metric, or its direction is not known.
    """
    usual = [_default_objective(options, task), "val_accuracy", "val_acc", "val_loss"]
    if task != "classification":
        usual = ["val_loss"]
    name = options.objective or next((name for name in usual if name in logged), logged[-1])
    if name not in logged:
        raise InputError(
            f"the model does not log --objective {name}: expected one of {', '.join(logged)}"
        )
    direction = options.direction or certain_direction(name)
    if direction is None:
        raise InputError(
            f"--objective {name}: say which way is better with --direction min or --direction max"
        )
    return Objective(name, direction)  # type: ignore[arg-type]
