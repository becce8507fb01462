"""The options of `tune.py`, `train.py` and `predict.py`, each said once: see `Option`.

Nothing here imports TensorFlow or NumPy, so that ``--help`` answers at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from model import MODELS
from tuner.command_line.choices import (
    DEFAULT_PRUNER,
    EXECUTORS,
    FAMILIES,
    PROBES,
    PRUNERS,
    SETTINGS,
    STRATEGIES,
    TRACKERS,
)
from tuner.command_line.declaration import Option, add_options, declared, flag, option
from tuner.command_line.parsing import (
    OneLineParser,
    duration,
    natural,
    none_or_several,
    positive,
    run_name,
    several,
)
from tuner.command_line.settings import Fix, Range, Role

# So many pairs tell a difference of two spreads in two of three cases; ten nearly always.
SEEDS_TO_COMPARE = 5


# The options stand in tables, which a formatter would pull apart.
# fmt: off


@dataclass(frozen=True)
class SearchOptions:
    """What a search is asked to do. The defaults are those that ``--help`` shows."""

    dataset: str = option(
        "digits, breast_cancer, wine, diabetes; a Keras dataset (mnist, cifar10, …); or a path: "
        "a table (.csv, .tsv, .csv.gz, .parquet), .npz, a folder of images", "digits",
        "NAME_OR_PATH", heading="data")
    target: tuple[str, ...] = option(
        "column of a table to predict; repeatable, for labels (--task multi-label) or more outputs "
        "of a model of one's own", (),
        "COLUMN", shown="the last")
    task: str = option("what to predict: classes, numbers, or any number of labels", "auto",
                       choices=("auto", "classification", "regression", "multi-label"))
    header: str = option("whether the first line of a table names the columns", "auto",
                         choices=("auto", "yes", "no"))
    drop: tuple[str, ...] = option("a column that is no feature; repeatable", (), "COLUMN")
    numeric: tuple[str, ...] = option("a column of numbers; repeatable", (), "COLUMN")
    categorical: tuple[str, ...] = option("a column of categories, such as codes; repeatable",
                                          (), "COLUMN")
    text: tuple[str, ...] = option("a column of free text; repeatable", (), "COLUMN")
    dates: str = option("what dates such as 03/04/2024 begin with", "auto",
                        choices=("auto", "day-first", "month-first"),
                        shown="what all dates of a column allow")
    kind: str = option("what three axes of an array are: series (n, steps, features) or grey "
                       "images (n, height, width)", "auto", choices=("auto", "series", "images"))
    rare_classes: str = option(
        "classes with too few examples to divide: merge them into one, or leave them out", "refuse",
        choices=("refuse", "merge", "leave-out"))
    validation: str | None = option("validation examples of their own, as --dataset", None, "FILE",
                                    shown="15% of --dataset")
    test: str | None = option("test examples of their own, as --dataset", None, "FILE",
                              shown="15% of --dataset")
    groups: str | None = option("column whose rows with the same value stay in one split", None,
                                "COLUMN")
    time: str | None = option("column that orders the rows: the latest are for the test", None,
                              "COLUMN")
    model: str | None = option(
        ", ".join(MODELS) + "; or FILE.py:FUNCTION or package.module:CLASS, an existing KerasTuner "
        "build_model(hp) or HyperModel as it is", None, "NAME", identity="model",
        heading="model",
        shown="what suits the shape of the data")
    inputs: str = option(
        "what a model of one's own takes: the source's array, or its columns by name; or what the "
        "shipped models take", "preprocessed", choices=("raw", "preprocessed"), identity="--inputs")
    targets: str = option(
        "how it is told classes: by their indices, or as rows of zeros and a one", "auto",
        choices=("auto", "indices", "one-hot"), identity="--targets", shown="what its loss takes")
    batch_size: int | None = option(
        "examples a step of one that has no hyperparameter batch_size", None, "N", positive,
        identity="--batch-size", shown="32")
    metrics: tuple[str, ...] = option(
        "more metrics, each a possible objective, separated by commas: of classes auc, f1, "
        "precision, recall (of two classes: of the second in sorted order), balanced_accuracy, "
        "top_K; of labels the first four; of numbers rmse, r2; repeatable", (), "NAMES",
        identity="--metrics")
    class_weight: str = option(
        "weigh training examples so that all classes count alike", "none",
        choices=("none", "balanced"), identity="--class-weight")
    seed: int = option("one seed for everything; 0 is a seed", 0, "N", natural, identity="seed")
    strategy: str = option("how values are suggested", "bayesian", choices=STRATEGIES,
                           heading="search")
    pruner: str | None = option(
        "how trials without a prospect are ended early", identity="--pruner",
        choices=("none", *(name for name in PRUNERS if name not in STRATEGIES)),
        shown=f"{DEFAULT_PRUNER}; hyperband and --folds have their own")
    staged: bool = option("first the learning rate alone, from a range test on; then the rest "
                          "around it; then all of it around the best", False)
    objective: str | None = option("metric to optimize", None, "METRIC", identity="objective: name",
                                   shown="val_accuracy, for numbers and labels val_loss, with "
                                   "--class-weight balanced val_balanced_accuracy")
    direction: str | None = option(
        "which way is better", choices=("min", "max"), identity="objective: direction",
        shown="known for losses, errors, accuracies and all --metrics")
    fix: tuple[Fix, ...] = option("take a hyperparameter out of the search; repeatable",
                                  (), "NAME=VALUE", Fix.parse)
    range: tuple[Range, ...] = option("narrow or widen a hyperparameter's range; repeatable",
                                      (), "NAME=LOW:HIGH", Range.parse)
    role: tuple[Role, ...] = option(
        "what a hyperparameter is for: scientific (its effect is the question), nuisance (tuned to "
        "answer fairly) or fixed (stays at its default); repeatable", (), "NAME=ROLE", Role.parse)
    start_from: tuple[str, ...] = option(
        "use other results, on other data or in other ranges, as knowledge: runs/OTHER, a "
        "KerasTuner project folder, optuna:URL#STUDY, or a .csv with a column for each "
        "hyperparameter and score; repeatable", (), "SOURCE", identity="--start-from")
    max_trials: int = option("trials in all", 25, "N", positive,
                             heading="budget, an earlier part of the same run included")
    max_total_epochs: int | None = option("epochs of all trials together", None, "N", positive,
                                          shown="no limit")
    time_limit: float | None = option(
        "end after so long, 90s, 30m or 1h30m; running trials end with what they have",
        None, "TIME", duration, shown="no limit")
    trial_timeout: float | None = option("a trial, or a fold of one, that takes longer has failed",
                                         None, "TIME", duration, shown="no limit")
    workers: int | None = option("trials at the same time", None, "N", positive,
                                 shown="what the machine carries", heading="execution")
    executor: str | None = option(
        "where trials run: in this process, each in a worker process that may die or hang, or in "
        "workers of a Ray cluster",
        choices=EXECUTORS, shown="processes when there is more than one worker")
    lag: int = option(
        "a suggestion knows the trials up to the Nth before it: so many can run at once, the same "
        "search for any number of workers", 4, "N", positive, identity="--lag")
    deterministic: bool = option(
        "the same search for the same seed, whatever the number of workers; without, suggestions "
        "wait for nothing and a worker has more threads", True, shown="deterministic")
    restart_trials: bool = option(
        "interrupted trials start again, instead of going on where they were last saved", False)
    track: tuple[str, ...] = option(
        "have the search followed by a tracker, offline or local unless its own variables say "
        "otherwise; repeatable; none: no longer", (), choices=("none", *TRACKERS),
        heading="trackers\nWhat they are told, and where it lies: docs/trackers.md.")
    track_model: bool = option("give trackers the best model, too, as an artifact", False)
    # 0 until data and model are known, which say how long a training has to be.
    max_epochs: int = option("most epochs of a trial", 0, "N", positive, identity="--max-epochs",
                             shown="as many as 4,000 weight updates take, 30 to 256",
                             heading="training of a trial")
    patience: int = option("epochs without a lower validation loss before a trial stops",
                           0, "N", positive, identity="--patience",
                           shown="an eighth of --max-epochs, at least 5")
    training_path: str = option(
        "how a trial trains: on data in memory, whole epochs as one XLA program, as one compiled "
        "call, or by Keras's plain fit; or by plain fit on data streamed from disk", "auto",
        choices=("auto", "xla", "compiled", "plain", "streamed"),
        shown="the fastest that model, data and device allow")
    precision: str | None = option(
        "in which layers compute; weights and losses stay in 32 bits", None,
        choices=("float32", "mixed_bfloat16", "mixed_float16"), identity="--precision",
        shown="Keras's, float32")
    # None until the data are known, which say whether folds are needed; 0: there are none.
    folds: int | None = option(
        "divide training and validation data into so many folds: stratified by class, of whole "
        "--groups, in the order of --time; 0: one fixed validation set",
        None, "K", none_or_several, identity="cross-validation: folds",
        shown="5 for a table with fewer than 50 validation rows, else 0",
        heading="cross-validation, for small data\n"
        "A trial trains once a fold; its score is the mean of the folds' best scores. It is given "
        "up after 2 folds or more when its mean over all would be below the best trial's even "
        "if the folds to come were two standard errors luckier than those done (--pruner none: "
        "never).")
    repeats: int = option("divide so often, each time in another way", 1, "N", positive,
                          identity="cross-validation: repeats")
    run: str | None = option("name of the run directory; one that exists resumes",
                             None, "NAME", run_name, shown="data and time", heading="place")
    runs_dir: str = option("folder of the run directories", "runs", "DIR")
    accept_code: bool = option(
        "go on with a run although files of model/, data/ or --model were edited; recorded in its "
        "journal", False, momentary=True)
    # Those that a strategy, a pruner or an executor alone has, by name, as far as they are given.
    settings: Mapping[str, Any] = field(default_factory=dict)
    # The names of those that nobody gave: their values follow from data and model.
    found: tuple[str, ...] = field(default=(), compare=False)

    @property
    def trainings(self) -> int:
        """How many trainings a trial consists of: one, or one a fold."""
        return (self.folds or 1) * self.repeats

    @property
    def at_once(self) -> int | None:
        """How many trials can run at once; None: any number.

        In a deterministic search the others wait for what they are to know of.
        """
        knows_nothing = STRATEGIES[self.strategy].independent and self.pruner == "none"
        free = knows_nothing and not self.folds
        return None if free or not self.deterministic else self.lag

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "SearchOptions":
        """Return the options as an earlier search wrote them into its ``config.json``."""
        saved = _read(config["options"])
        known = {name: value for name, value in saved.items() if name in SEARCH_OPTIONS}
        options = cls().updated({name: SEARCH_OPTIONS[name].read(v) for name, v in known.items()})
        return replace(options, found=tuple(config.get("found", ())))

    def updated(self, given: dict[str, Any]) -> "SearchOptions":
        """Return these options with those replaced that were given on the command line."""
        own = {n: v for n, v in given.items() if n in SETTINGS and v is not None}
        rest = {n: v for n, v in given.items() if n not in SETTINGS}
        kept = self.settings
        if given.get("executor", self.executor) != self.executor:  # A resumed run may change it.
            left = EXECUTORS[self.executor].settings if self.executor else {}
            kept = {name: value for name, value in kept.items() if name not in left}
        found = tuple(name for name in self.found if name not in given)
        return replace(self, **{"settings": {**kept, **own}, "found": found, **rest})

    def as_dict(self) -> dict[str, Any]:
        """Return the options as JSON can hold them; a setting that is not given is None."""
        values = {
            name: self.settings.get(name, getattr(self, name, None))
            for name, one in SEARCH_OPTIONS.items()
            if not one.momentary
        }
        return {n: [str(w) for w in v] if isinstance(v, tuple) else v for n, v in values.items()}


@dataclass(frozen=True)
class TrainOptions:
    """What `train.py` is asked to do. None: as the search had it."""

    run: str = option("the search", "latest", "NAME", run_name, heading="what to train")
    runs_dir: str = option("folder of the run directories", "runs", "DIR")
    trial: int | None = option("a trial of the search", None, "N", natural, shown="the best",
                               rival=True)
    default: bool = option("the defaults instead", False, rival=True)
    against_default: bool = option(
        "train the defaults too, with the same seeds, and take the configuration only if "
        "it is better: by a paired t-test on the validation scores, two-sided at 5%", False)
    seeds: int | None = option(
        "trainings, each with a seed of its own; the model of the best on validation is saved",
        None, "N", positive, heading="training",
        shown=f"1; with --against-default {SEEDS_TO_COMPARE}")
    final_fit: bool = option(
        "then train once more on training and validation data together, for as many epochs as the "
        "best training took to its best one, and test and save that model", False)
    ensemble: int | None = option(
        "then train the models of N folds of training and validation data, and test and save their "
        "average, as one model, beside the test of the best training; N seeds where folds cannot "
        "be", None, "N", several, shown="one training is saved")
    max_epochs: int | None = option("most epochs", None, "N", positive, shown="as the search")
    patience: int | None = option("epochs without a lower validation loss before it stops",
                                  None, "N", positive, shown="as the search")
    workers: int | None = option("trainings at the same time, each in a process of its own", None,
                                 "N", positive, shown="as many as there are cores, and memory for "
                                 "them; 1 with a GPU")
    track: tuple[str, ...] = option("have the trainings followed by a tracker, as a search's "
                                    "trials; repeatable", (), choices=tuple(TRACKERS))
    track_model: bool = option("give trackers the model, too, as an artifact", False)


@dataclass(frozen=True)
class PredictOptions:
    """What `predict.py` is asked to do."""

    run: str = option("the search whose model predicts, trained by train.py", "latest", "NAME",
                      run_name)
    runs_dir: str = option("folder of the run directories", "runs", "DIR")
    output: str | None = option(
        "write there; one that exists is replaced, once all is predicted", None, "FILE",
        shown="standard output")


# fmt: on
DEFAULTS = SearchOptions()


def _with_settings(options: dict[str, Option]) -> Iterator[tuple[str, Option]]:
    """Put the settings of what an option chooses below it."""
    for name, chooser in options.items():
        yield name, chooser
        for choice in FAMILIES.get(name, {}).values():
            for setting, one in choice.settings.items():
                # Where trials run makes no other search.
                yield setting, replace(one, identity=flag(setting) if name != "executor" else None)


SEARCH_OPTIONS = dict(_with_settings(declared(SearchOptions)))
# Those that describe data and model, which a search has of its own: what stands before the search.
DATA_OPTIONS = tuple(takewhile(lambda name: name != "strategy", SEARCH_OPTIONS))
_NO_SEARCH = {name: probe.option for name, probe in PROBES.items() if probe.option} | {
    "report": Option(
        "make report.html and findings.json of a search again, from its journal",
        metavar="RUN_DIRECTORY",
        heading="look back, without a search",
    ),
    "list": Option("list all searches of --runs-dir with their best score", False),
    "export_optuna": Option(
        "write the search --run into an Optuna storage, such as sqlite:///study.db", metavar="URL"
    ),
}


def search_parser() -> OneLineParser:
    """Return the parser of `tune.py`."""
    parser = OneLineParser(
        prog="tune.py",
        description="Search for the hyperparameters of a Keras model.",
        epilog="The same --run again resumes: completed trials are kept, interrupted ones run "
        "again, and options that are not given stay as they were.",
    )
    return add_options(parser, SEARCH_OPTIONS | _NO_SEARCH)


def train_parser() -> OneLineParser:
    """Return the parser of `train.py`."""
    parser = OneLineParser(
        prog="train.py",
        description="Train the best configuration of a search again, test it once, and save it.",
        epilog="With --default and no --run, no search is needed: the data options say what to "
        "train on.",
    )
    data = {name: SEARCH_OPTIONS[name] for name in DATA_OPTIONS}
    return add_options(parser, declared(TrainOptions) | data)


def predict_parser() -> OneLineParser:
    """Return the parser of `predict.py`."""
    parser = OneLineParser(
        prog="predict.py",
        description="Predict new examples with the model that train.py has saved, and write a CSV "
        "with a row for each.",
    )
    parser.add_argument(
        "new",
        nargs="+",
        metavar="NEW",
        help="data as those of the search: a table, an .npz with x, or images: a folder, or files. "
        "The column to predict may be there or not",
    )
    return add_options(parser, declared(PredictOptions))


def options_table() -> str:
    """Return the options of `tune.py` as README has them."""
    lines = ["| option | meaning | default |", "| ------ | ------- | ------- |"]
    for name, one in (SEARCH_OPTIONS | _NO_SEARCH).items():
        if one.heading is not None:
            title, *_ = one.heading.splitlines()
            lines.append(f"| **{title}** | | |")
        lines.append(one.row(name))
    return "\n".join(lines)


def identity(config: dict[str, Any]) -> dict[str, Any]:
    """Return what options make two searches the same one, by what people call them.

    Those that a ``config.json`` does not have yet have their defaults.
    """
    saved, found = _read(config["options"]), {}
    for name, one in SEARCH_OPTIONS.items():
        value = saved.get(name)
        if value is None or value == []:  # Left open, and resolved beside the options.
            value = config.get(name, None if name in SETTINGS else one.default)
        # Not known: a setting of what was not chosen, or what an older version did not write down.
        known = value is not None or (name in saved and name not in SETTINGS)
        if one.identity is not None and known:
            found[one.identity] = value
    return found


def _read(saved: dict[str, Any]) -> dict[str, Any]:
    """Return saved options as they were meant: once, null was said for no folds."""
    return saved | {"folds": saved.get("folds") or 0}
