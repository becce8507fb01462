"""The options of `tune.py` and `train.py`: names, defaults, meanings.

Nothing here imports TensorFlow, so that ``--help`` answers at once.
"""

import argparse
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tuner.command_line.parsing import (
    OneLineParser,
    add_number,
    assignment,
    duration,
    interval,
    natural,
    role,
    run_name,
    several,
    share,
)

STRATEGIES = ("grid", "random", "quasi-random", "bayesian", "hyperband")
PRUNERS = ("none", "median", "asha", "curve")
DEFAULT_PRUNER = "curve"
DEFAULT_ERROR_RATE = 0.1
EXECUTORS = ("serial", "processes")
PATHS = ("auto", "compiled", "plain", "streamed")
GRID_POINTS = 3
# Measurements that take the place of a search, and how they are asked for.
PROBES = {"learning_rate": "--find-learning-rate", "batch_size": "--probe-batch-size"}


@dataclass(frozen=True)
class SearchOptions:
    """What a search is asked to do. The defaults are those that ``--help`` shows."""

    dataset: str = "digits"
    target: str | None = None
    task: str = "auto"
    model: str | None = None
    strategy: str = "bayesian"
    pruner: str | None = None
    pruner_error_rate: float | None = None
    grid_points: int | None = None
    max_trials: int = 20
    max_epochs: int = 30
    patience: int = 5
    max_total_epochs: int | None = None
    time_limit: float | None = None
    trial_timeout: float | None = None
    executor: str | None = None
    workers: int | None = None
    deterministic: bool = True
    restart_trials: bool = False
    training_path: str = "auto"
    objective: str | None = None
    direction: str | None = None
    folds: int | None = None
    repeats: int = 1
    seed: int = 0
    fix: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    staged: bool = False
    start_from: tuple[str, ...] = ()
    run: str | None = None
    runs_dir: str = "runs"

    @property
    def trainings(self) -> int:
        """How many trainings a trial consists of: one, or one a fold."""
        return (self.folds or 1) * self.repeats

    @classmethod
    def from_saved(cls, saved: dict[str, Any]) -> "SearchOptions":
        """Return the options as an earlier search wrote them into its ``config.json``."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in saved.items()
            if name in known
        }
        return cls(**values)

    def updated(self, given: dict[str, Any]) -> "SearchOptions":
        """Return these options with those replaced that were given on the command line."""
        return replace(self, **given)

    def as_dict(self) -> dict[str, Any]:
        """Return the options as JSON can hold them."""
        return asdict(self)


@dataclass(frozen=True)
class TrainOptions:
    """What `train.py` is asked to do. None: as the search had it."""

    run: str = "latest"
    runs_dir: str = "runs"
    trial: int | None = None
    default: bool = False
    against_default: bool = False
    seeds: int | None = None
    final_fit: bool = False
    max_epochs: int | None = None
    patience: int | None = None


DEFAULTS = SearchOptions()

# So many pairs tell a difference of two spreads in two of three cases; ten nearly always.
SEEDS_TO_COMPARE = 5


def search_parser() -> OneLineParser:
    """Return the parser of `tune.py`."""
    parser = OneLineParser(
        prog="tune.py",
        description="Search for the hyperparameters of a Keras model.",
        epilog="The same --run again resumes: completed trials are kept, interrupted ones run "
        "again, and options that are not given stay as they were.",
    )
    _add_data_options(parser)
    _add_search_options(parser)
    _add_budget_options(parser)
    _add_execution_options(parser)
    _add_probing_options(parser)
    training = parser.add_argument_group("training of a trial")
    add_number(training, "--max-epochs", "most epochs of a trial", DEFAULTS.max_epochs)
    add_number(
        training,
        "--patience",
        "epochs without a lower validation loss before a trial stops",
        DEFAULTS.patience,
    )
    _add_fold_options(parser)
    training.add_argument(
        "--training-path",
        choices=PATHS,
        help="how a trial trains: whole epochs as one compiled call on data in memory, Keras's "
        "plain fit on data in memory, or on data streamed from disk (default: the fastest that "
        "model and data allow)",
    )
    _add_looking_back(parser)
    place = parser.add_argument_group("place")
    place.add_argument(
        "--run",
        metavar="NAME",
        type=run_name,
        help="name of the run directory; one that exists resumes (default: data and time)",
    )
    _add_runs_dir(place)
    return parser


def train_parser() -> OneLineParser:
    """Return the parser of `train.py`."""
    parser = OneLineParser(
        prog="train.py",
        description="Train the best configuration of a search again, test it once, and save it.",
        epilog="With --default and no --run, no search is needed: the data options say what to "
        "train on.",
    )
    which = parser.add_argument_group("what to train")
    which.add_argument("--run", metavar="NAME", type=run_name, help="the search (default: latest)")
    _add_runs_dir(which)
    one = which.add_mutually_exclusive_group()
    one.add_argument(
        "--trial", metavar="N", type=natural, help="a trial of the search (default: the best)"
    )
    one.add_argument("--default", action="store_true", help="the published defaults instead")
    which.add_argument(
        "--against-default",
        action="store_true",
        help="train the published defaults too, with the same seeds, and take the configuration "
        "only if it is better: by a paired t-test on the validation scores, two-sided at 5%%",
    )
    _add_data_options(parser)
    training = parser.add_argument_group("training")
    add_number(
        training,
        "--seeds",
        "trainings, each with a seed of its own; the model of the best on validation is saved",
        f"1; with --against-default {SEEDS_TO_COMPARE}",
    )
    training.add_argument(
        "--final-fit",
        action="store_true",
        help="then train once more on training and validation data together, for as many epochs as "
        "the best training took to its best one, and test and save that model",
    )
    add_number(training, "--max-epochs", "most epochs", "as the search")
    add_number(
        training,
        "--patience",
        "epochs without a lower validation loss before it stops",
        "as the search",
    )
    return parser


def _add_fold_options(parser: OneLineParser) -> None:
    folds = parser.add_argument_group(
        "cross-validation, for small data",
        "A trial trains once a fold; its score is the mean of the folds' best scores. It is given "
        "up after 2 folds or more when its mean over all would be below the best trial's even if "
        "the folds to come were two standard errors luckier than those done (--pruner none: "
        "never).",
    )
    folds.add_argument(
        "--folds",
        metavar="K",
        type=several,
        help="divide training and validation data into so many folds, stratified by class "
        "(default: one fixed validation set)",
    )
    add_number(folds, "--repeats", "divide so often, each time in another way", DEFAULTS.repeats)


def _add_looking_back(parser: OneLineParser) -> None:
    look = parser.add_argument_group("look back, without a search")
    look.add_argument(
        "--report",
        metavar="RUN_DIRECTORY",
        help="make report.html and findings.json of a search again, from its journal",
    )
    look.add_argument(
        "--list", action="store_true", help="list all searches of --runs-dir with their best score"
    )


def _add_runs_dir(group: Any) -> None:
    group.add_argument(
        "--runs-dir",
        metavar="DIR",
        help=f"folder of the run directories (default: {DEFAULTS.runs_dir})",
    )


def _add_data_options(parser: OneLineParser) -> None:
    data = parser.add_argument_group("data and model")
    data.add_argument(
        "--dataset",
        metavar="NAME_OR_PATH",
        help="digits, breast_cancer, wine, diabetes; a Keras dataset (mnist, cifar10, …); or a "
        f"path: .csv, .npz, a folder of images (default: {DEFAULTS.dataset})",
    )
    data.add_argument(
        "--target", metavar="COLUMN", help="column of a CSV to predict (default: the last)"
    )
    data.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        help=f"what to predict: classes or numbers (default: {DEFAULTS.task})",
    )
    data.add_argument(
        "--model", metavar="NAME", help="mlp, cnn (default: what suits the shape of the data)"
    )
    data.add_argument(
        "--seed",
        metavar="N",
        type=natural,
        help=f"one seed for everything; 0 is a seed (default: {DEFAULTS.seed})",
    )


def _add_budget_options(parser: OneLineParser) -> None:
    budget = parser.add_argument_group("budget, an earlier part of the same run included")
    add_number(budget, "--max-trials", "trials in all", DEFAULTS.max_trials)
    add_number(budget, "--max-total-epochs", "epochs of all trials together", "no limit")
    budget.add_argument(
        "--time-limit",
        metavar="TIME",
        type=duration,
        help="end after so long, 90s, 30m or 1h30m; running trials end with what they have "
        "(default: no limit)",
    )
    budget.add_argument(
        "--trial-timeout",
        metavar="TIME",
        type=duration,
        help="a trial, or a fold of one, that takes longer has failed (default: no limit)",
    )


def _add_execution_options(parser: OneLineParser) -> None:
    execution = parser.add_argument_group("execution")
    add_number(execution, "--workers", "trials at the same time", "what the machine carries")
    execution.add_argument(
        "--executor",
        choices=EXECUTORS,
        help="where trials run: in this process, or each in a worker process that may die or "
        "hang (default: processes when there is more than one worker)",
    )
    execution.add_argument(
        "--deterministic",
        action=argparse.BooleanOptionalAction,
        help="the same search for the same seed, whatever the number of workers; without, "
        "suggestions wait for nothing and a worker has more threads (default: deterministic)",
    )
    execution.add_argument(
        "--restart-trials",
        action="store_true",
        help="interrupted trials start again, instead of going on where they were last saved",
    )


def _add_probing_options(parser: OneLineParser) -> None:
    probing = parser.add_argument_group("measurements of the default configuration, no search")
    one = probing.add_mutually_exclusive_group()
    one.add_argument(
        PROBES["learning_rate"],
        dest="probe",
        action="store_const",
        const="learning_rate",
        help="raise the learning rate step by step and propose a rate and a range",
    )
    one.add_argument(
        PROBES["batch_size"],
        dest="probe",
        action="store_const",
        const="batch_size",
        help="double the batch size until it trains no faster, and propose one",
    )


def _add_search_options(parser: OneLineParser) -> None:
    search = parser.add_argument_group("search")
    search.add_argument(
        "--strategy",
        choices=STRATEGIES,
        help=f"how values are suggested (default: {DEFAULTS.strategy})",
    )
    add_number(search, "--grid-points", "values of each range on the grid", GRID_POINTS)
    search.add_argument(
        "--pruner",
        choices=PRUNERS,
        help="how trials without a prospect are ended early (default: "
        f"{DEFAULT_PRUNER}; hyperband and --folds have their own)",
    )
    search.add_argument(
        "--pruner-error-rate",
        metavar="P",
        type=share,
        help="for --pruner curve: how many of the trials that it ends may be ended wrongly "
        f"(default: {DEFAULT_ERROR_RATE})",
    )
    search.add_argument(
        "--staged",
        action="store_true",
        help="first the learning rate alone, from a range test on; then the rest around it; then "
        "all of it around the best",
    )
    search.add_argument(
        "--objective",
        metavar="METRIC",
        help="metric to optimize (default: val_accuracy, for regression val_loss)",
    )
    search.add_argument(
        "--direction",
        choices=("min", "max"),
        help="which way is better (known for losses, errors and accuracies)",
    )
    search.add_argument(
        "--fix",
        metavar="NAME=VALUE",
        action="append",
        type=assignment,
        help="take a hyperparameter out of the search; repeatable",
    )
    search.add_argument(
        "--range",
        metavar="NAME=LOW:HIGH",
        action="append",
        type=interval,
        help="narrow or widen a hyperparameter's range; repeatable",
    )
    search.add_argument(
        "--role",
        metavar="NAME=ROLE",
        action="append",
        type=role,
        help="what a hyperparameter is for: scientific (its effect is the question), nuisance "
        "(tuned to answer fairly) or fixed (stays at its default); repeatable",
    )
    search.add_argument(
        "--start-from",
        metavar="runs/OTHER",
        action="append",
        help="use the results of another search, on other data or in other ranges, as knowledge; "
        "repeatable",
    )
