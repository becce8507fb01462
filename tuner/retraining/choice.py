"""Which values `train.py` trains, and on which data."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.command_line.declaration import flag
from tuner.command_line.options import DATA_OPTIONS, SearchOptions, TrainOptions
from tuner.retraining.at_once import seeds_of, that_fit
from tuner.setup.preparation import Preparation, prepare
from tuner.space.by_name import declarations_of
from tuner.storage.code import Code, edits, revision
from tuner.storage.journal import read_journal
from tuner.storage.run_directory import new_run_name, saved_config
from tuner.trials.ending import Status
from tuner.trials.history import History, replayed
from tuner.trials.record import defaults_name
from tuner.trials.trial import Trial, Values


@dataclass(frozen=True)
class Configuration:
    """Values, and what is known of them.

    Attributes:
        values: A value for each hyperparameter.
        origin: Where the values come from, in words.
        search_score: What the search measured for them; None without a search.
        code: The revision of the code that it ran with then; None where that is not known.
        fold_scores: Those that the search's score is the mean of; empty without folds.
    """

    values: Values
    origin: str
    search_score: float | None
    code: str | None = None
    fold_scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What to train.

    Attributes:
        prepared: Data, space and objective.
        configuration: What is asked for.
        default: The defaults, when it is to be compared with them.
        seeds: How many trainings of each.
        final_fit: Whether the model that is saved is trained on the validation data, too.
        ensemble: How many models that one averages; 0: it is a single one.
        folder: Where everything is written.
        workers: How many trainings run at once at the most.
        as_in_the_search: Whether trainings are as long as those of the search.
    """

    prepared: Preparation
    configuration: Configuration
    default: Configuration | None
    seeds: int
    final_fit: bool
    ensemble: int
    folder: Path
    workers: int = 1
    as_in_the_search: bool = True


def choose(given: dict[str, Any], options: TrainOptions, workers: int) -> Choice:
    """Find the values that the options ask for, and the data they belong to.

    Args:
        given: The options that were given, those of the data, too.
        options: What they ask for.
        workers: How many trainings run at once at the most.

    Raises:
        InputError: There is no such search or trial, or the data are not those of the search.
    """
    if options.against_default and options.default:
        raise InputError(
            "--against-default compares a configuration with the defaults: give one of "
            "--default and --against-default"
        )
    if options.against_default and options.seeds == 1:
        raise InputError(
            "--against-default compares spreads: expected --seeds 2 or more, received 1"
        )
    _require_one_model_to_save(options)
    if options.default and "run" not in given:
        return _choose_defaults(given, options, workers)
    data_options = sorted(set(given) & set(DATA_OPTIONS))
    if data_options:
        raise InputError(
            f"{flag(data_options[0])} is for train.py --default: the data of a search are its own"
        )
    return _choose_from_search(options, workers)


def _require_one_model_to_save(options: TrainOptions) -> None:
    if options.ensemble and options.final_fit:
        raise InputError(
            "--ensemble saves the average of models that each keep a fold to stop early on, "
            "--final-fit one model that keeps none: give one of them"
        )
    if options.ensemble and options.seeds and not options.against_default:
        raise InputError(
            "--ensemble saves the average of several trainings, --seeds the best of several: give "
            "one of them, or --against-default, too, which compares with so many --seeds"
        )


def _choose_defaults(given: dict[str, Any], options: TrainOptions, workers: int) -> Choice:
    search = SearchOptions(folds=0).updated(
        {name: given[name] for name in DATA_OPTIONS if name in given} | _training_limits(options)
    )
    prepared = prepare(search)
    runs = Path(options.runs_dir)
    folder = runs / f"default-{new_run_name(runs, search.dataset)}" / "train"
    return _choice(options, workers, prepared, folder, _defaults(prepared, {}))


def _choose_from_search(options: TrainOptions, workers: int) -> Choice:
    run = Path(options.runs_dir) / options.run
    saved = saved_config(run)
    if saved is None:
        raise InputError(
            f"there is no search in {run}: run python tune.py first, or train the defaults with "
            "--default"
        )
    prepared = prepare(
        SearchOptions.from_config(saved).updated(_training_limits(options)),
        declarations_of(saved["search_space"]),
    )
    name, folder = run.resolve().name, run.resolve() / "train"
    if prepared.dataset.fingerprint != saved["dataset"]["fingerprint"]:
        raise InputError(f"the data of {name} have changed since the search")
    history, _ = replayed(read_journal(run / "journal.jsonl"), prepared.objective)
    defaults = _defaults(prepared, history.trials)
    configuration = defaults
    if not options.default:
        configuration = _of_trial(history, options.trial, name)
    _warn_of_edits(saved, prepared.code, history, configuration)
    default = defaults if options.against_default else None
    return _choice(options, workers, prepared, folder, configuration, default)


def _choice(
    options: TrainOptions,
    workers: int,
    prepared: Preparation,
    folder: Path,
    configuration: Configuration,
    default: Configuration | None = None,
) -> Choice:
    return Choice(
        prepared.with_pixels(),
        configuration,
        default,
        seeds=seeds_of(options),
        final_fit=options.final_fit,
        ensemble=options.ensemble or 0,
        folder=folder,
        workers=workers if options.workers else that_fit(workers, prepared.dataset),
        as_in_the_search=not _training_limits(options),
    )


def _warn_of_edits(
    saved: dict[str, Any], now: Code, history: History, configuration: Configuration
) -> None:
    """Say it if the code is not the one that the search, or the trial of it, ran with."""
    edited = {*edits(saved.get("code", now), now)}
    if configuration.code == revision(now):
        edited.clear()
    elif configuration.code is not None:  # An earlier part of the search may have run with another.
        edited |= history.edited
    if edited:
        print(
            f"warning: {', '.join(sorted(edited))} edited since {configuration.origin} ran: the "
            "score may be another",
            file=sys.stderr,
        )


def _of_trial(history: History, number: int | None, run: str) -> Configuration:
    """Return the values of a trial of a run; of its best for None."""
    trial = history.best if number is None else history.trials.get(number)
    if trial is None:
        expected = f"0 to {len(history.trials) - 1}" if history.trials else "none: it has no trials"
        raise InputError(
            f"no trial of {run} has completed"
            if number is None
            else f"--trial {number}: expected {expected}"
        )
    if trial.status is Status.FAILED:
        raise InputError(
            f"--trial {number}: it failed in the search ({trial.reason}): expected a trial that "
            "did not, or none for the best one"
        )
    origin = f"trial {trial.number} of {run}"
    if trial.status is Status.PRUNED:
        origin += f", pruned after {trial.epochs} epochs"
    return Configuration(trial.values, origin, trial.score, trial.code, trial.fold_scores)


def _training_limits(options: TrainOptions) -> dict[str, int]:
    limits = {"max_epochs": options.max_epochs, "patience": options.patience}
    return {name: value for name, value in limits.items() if value is not None}


def _defaults(prepared: Preparation, trials: dict[int, Trial]) -> Configuration:
    """Return the defaults, with their score when they were trial 0 of the search."""
    values, first = prepared.search_space.defaults(), trials.get(0)
    name = defaults_name(str(prepared.options.model), prepared.options.range)
    if first is None or first.values != values:
        return Configuration(values, name, None)
    return Configuration(values, name, first.score, fold_scores=first.fold_scores)
