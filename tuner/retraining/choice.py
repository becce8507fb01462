"""Which values `train.py` trains, and on which data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import InputError
from tuner.history import replayed
from tuner.objective import Objective
from tuner.options import SearchOptions, TrainOptions
from tuner.preparation import Preparation, prepare
from tuner.storage.journal import read_journal
from tuner.storage.run_directory import new_run_name, saved_config
from tuner.trial import Trial, Values

# Options that describe data: a search has its own.
DATA_OPTIONS = ("dataset", "target", "task", "model", "seed")


@dataclass(frozen=True)
class Choice:
    """What to train.

    Attributes:
        prepared: Data, space and objective.
        values: A value for each hyperparameter.
        origin: Where the values come from, in words.
        search_score: What the search measured for them; None without a search.
        seeds: How many trainings.
        folder: Where everything is written.
    """

    prepared: Preparation
    values: Values
    origin: str
    search_score: float | None
    seeds: int
    folder: Path


def choose(given: dict[str, Any]) -> Choice:
    """Find the values that the options ask for, and the data they belong to.

    Raises:
        InputError: There is no such search or trial, or the data are not those of the search.
    """
    settings = {name: value for name, value in given.items() if name not in DATA_OPTIONS}
    options = TrainOptions(**settings)
    if options.default and "run" not in given:
        return _choose_defaults(given, options)
    data_options = sorted(set(given) & set(DATA_OPTIONS))
    if data_options:
        raise InputError(
            f"--{data_options[0]} is for train.py --default: the data of a search are its own"
        )
    return _choose_from_search(options)


def _choose_defaults(given: dict[str, Any], options: TrainOptions) -> Choice:
    search = SearchOptions().updated(
        {name: given[name] for name in DATA_OPTIONS if name in given} | _training_limits(options)
    )
    prepared = prepare(search)
    runs = Path(options.runs_dir)
    folder = runs / f"default-{new_run_name(runs, search.dataset)}" / "train"
    return Choice(
        prepared, _defaults(prepared), "the published defaults", None, options.seeds, folder
    )


def _choose_from_search(options: TrainOptions) -> Choice:
    run = Path(options.runs_dir) / options.run
    saved = saved_config(run)
    if saved is None:
        raise InputError(
            f"there is no search in {run}: run python tune.py first, or train the published "
            "defaults with --default"
        )
    prepared = prepare(
        SearchOptions.from_saved(saved["options"]).updated(_training_limits(options))
    )
    if prepared.dataset.fingerprint != saved["dataset"]["fingerprint"]:
        raise InputError(f"the data of {run.resolve().name} have changed since the search")
    trials, best = _trials(run, prepared.objective)
    folder = run.resolve() / "train"
    if options.default:
        default = trials.get(0)
        score = default.score if default and default.values == _defaults(prepared) else None
        return Choice(
            prepared, _defaults(prepared), "the published defaults", score, options.seeds, folder
        )
    trial = best if options.trial is None else trials.get(options.trial)
    if trial is None:
        expected = f"0 to {len(trials) - 1}" if trials else "none: it has no trials"
        raise InputError(
            f"no trial of {run.resolve().name} has completed"
            if options.trial is None
            else f"--trial {options.trial}: expected {expected}"
        )
    origin = f"trial {trial.number} of {run.resolve().name}"
    return Choice(prepared, trial.values, origin, trial.score, options.seeds, folder)


def _training_limits(options: TrainOptions) -> dict[str, int]:
    limits = {"max_epochs": options.max_epochs, "patience": options.patience}
    return {name: value for name, value in limits.items() if value is not None}


def _defaults(prepared: Preparation) -> Values:
    return dict(prepared.space.copy().values)


def _trials(run: Path, objective: Objective) -> tuple[dict[int, Trial], Trial | None]:
    history, _ = replayed(read_journal(run / "journal.jsonl"), objective)
    return history.trials, history.best
