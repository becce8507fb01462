"""A whole search against stock KerasTuner's: python -m benchmarks.whole_search

Stock is `keras_tuner.BayesianOptimization` with early stopping, as its documentation shows it. Ours
trains the very trials that stock chose (same values, data, epochs, patience), one at a time in one
process, with its journal, tables, event files and checkpoints; and then searches by itself, as
`python tune.py` does. Each takes its turn in a process of its own. A few minutes on two cores.

Where the time went is measured by a clock around the functions that do the work; the rest is
Keras's own: callbacks, metrics, conversion of data.

Wanted: on digits at least 6 times faster than stock; on images, where arithmetic takes the time,
not slower.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

PARTS = ("suggest", "build", "trace", "train", "evaluate", "save", "report", "rest")
PATIENCE = 5


@dataclass(frozen=True)
class Setting:
    """What is searched: a model, budgets, and what of the shipped space is changed."""

    model: str
    trials: int
    epochs: int
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)


# The shipped space holds networks of two million weights, whose arithmetic takes most of the time;
# the small one those that digits need.
SETTINGS = {
    "digits, small mlp": Setting("mlp", 20, 30, {"depth": (1, 4), "width": (32, 128)}),
    "digits, mlp": Setting("mlp", 20, 30),
    "images, cnn": Setting("cnn", 6, 4, fixed={"depth": 3, "width": 32, "batch_size": 64}),
}

Values = dict[str, Any]
SHIPPED = {"depth": 2, "width": 128}  # The defaults.


class Clock:
    """Adds up the seconds of parts of a search; a part within another is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of a block for a part, and not for the one around it."""
        began = time.perf_counter()
        self._running.append(name)
        try:
            yield
        finally:
            self._running.pop()
            taken = time.perf_counter() - began
            self.seconds[name] += taken
            if self._running:
                self.seconds[self._running[-1]] -= taken

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Count a method's time from now on."""
        setattr(owner, method, self.timed(getattr(owner, method), name))

    def timed(self, usual: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a function whose time is counted."""

        @wraps(usual)
        def watched(*args: Any, **options: Any) -> Any:
            with self.part(name):
                return usual(*args, **options)

        return watched

    def watch_steps(self, maker: str, attribute: str, name: str) -> None:
        """Count what Keras's `make_train_function` makes; its first call traces."""
        from keras.src.backend.tensorflow.trainer import TensorFlowTrainer

        usual = getattr(TensorFlowTrainer, maker)

        @wraps(usual)
        def make(model: Any, force: bool = False) -> None:
            before = getattr(model, attribute)
            usual(model, force)
            function, calls = getattr(model, attribute), Counter[str]()
            if function is before:
                return

            def step(iterator: Any) -> Any:
                calls["all"] += 1
                with self.part(name if calls["all"] > 1 else "trace"):
                    return function(iterator)

            setattr(model, attribute, step)

        setattr(TensorFlowTrainer, maker, make)


def load(name: str) -> Any:
    """Return the data of a setting."""
    from benchmarks.made_sets import image_set
    from data import load_dataset

    return load_dataset("digits") if name.startswith("digits") else image_set()


def stock_search(name: str, folder: Path) -> dict[str, Any]:
    """Run KerasTuner's search; return its time, its parts, the trials and when each ended."""
    import keras
    import keras_tuner

    from model import build_model

    setting, clock = SETTINGS[name], Clock()
    dataset = load(name)

    class Model(keras_tuner.HyperModel):
        """The shipped model; batch size is a hyperparameter of `fit`."""

        def build(self, hp: Any) -> Any:
            for key, value in setting.fixed.items():
                hp.Fixed(key, value)
            for key, (low, high) in setting.ranges.items():
                powers = {"step": 2, "sampling": "log"} if key == "width" else {}
                hp.Int(key, low, high, default=min(high, SHIPPED[key]), **powers)
            return build_model(hp, dataset, model=setting.model, epochs=setting.epochs)

        def fit(self, hp: Any, model: Any, *args: Any, **options: Any) -> Any:
            return model.fit(*args, batch_size=hp.get("batch_size"), **options)

    clock.watch(Model, "build", "build")
    oracle = keras_tuner.oracles.BayesianOptimizationOracle
    clock.watch(oracle, "populate_space", "suggest")
    for method in ("update_trial", "end_trial"):
        clock.watch(oracle, method, "report")
    clock.watch(keras.Model, "save_weights", "save")
    clock.watch_steps("make_train_function", "train_function", "train")
    clock.watch_steps("make_test_function", "test_function", "evaluate")
    ends: list[tuple[float, float]] = []

    class Tuner(keras_tuner.BayesianOptimization):
        """Notes when each trial ends."""

        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            ends.append((time.perf_counter() - began, trial.score or 0.0))

    train, validation = (dataset.preprocessed(split) for split in ("train", "validation"))
    began = time.perf_counter()
    tuner = Tuner(
        Model(),
        objective=keras_tuner.Objective("val_accuracy", "max"),
        max_trials=setting.trials,
        seed=1,
        directory=folder,
        project_name="stock",
    )
    tuner.search(
        train.x,
        train.y,
        validation_data=(validation.x, validation.y),
        epochs=setting.epochs,
        callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE)],
        verbose=0,
    )
    total = time.perf_counter() - began
    trials = [
        dict(tuner.oracle.trials[identity].hyperparameters.values)
        for identity in tuner.oracle.start_order
    ]
    return {"seconds": total, "parts": dict(clock.seconds), "ends": ends, "trials": trials}


def our_search(
    name: str, folder: Path, trials: list[Values] | None, workers: int
) -> dict[str, Any]:
    """Run our search, of given trials or by itself; return what `stock_search` does."""
    import tuner.setup.preparation as preparation
    from tuner import launch
    from tuner.command_line.options import SearchOptions
    from tuner.command_line.settings import Fix, Range
    from tuner.execution import start_executor
    from tuner.storage.journal import read_journal

    setting = SETTINGS[name]
    preparation.load_dataset = lambda *_, **__: load(name)
    options = SearchOptions(
        dataset=name.replace(", ", "-"),
        model=setting.model,
        max_trials=setting.trials,
        max_epochs=setting.epochs,
        patience=PATIENCE,
        # Stock has none, and the same trials are to be trained for the same epochs.
        pruner=None if trials is None else "none",
        workers=workers,
        # One thread is fastest for small models; arithmetic that takes the time wants all of them.
        deterministic=workers > 1 or setting.model == "mlp",
        fix=tuple(Fix(key, str(value)) for key, value in setting.fixed.items()),
        range=tuple(Range(k, str(low), str(high)) for k, (low, high) in setting.ranges.items()),
        run=f"ours-{workers}",
        runs_dir=str(folder),
    )
    clock = Clock()
    with start_executor(options) as executor:
        if trials is not None:
            launch.build_strategy = replaying(trials)
        if workers == 1:
            watch_ours(clock)
        began = time.perf_counter()
        wall = time.time()
        launch.launch(options, executor, "")
        total = time.perf_counter() - began
    events = read_journal(folder / str(options.run) / "journal.jsonl").events
    ends = [
        (event["time"] - wall, event["score"] or 0.0)
        for event in events
        if event["event"] == "trial_ended"
    ]
    return {"seconds": total, "parts": dict(clock.seconds), "ends": ends}


def replaying(trials: list[Values]) -> Any:
    """Return what makes a strategy that suggests given trials."""
    from tuner.oracles.strategy import Strategy

    class Replaying(Strategy):
        """Suggests what another search has tried."""

        def suggest(self, number: int, known: Any) -> Values | None:
            return self.space.defaults() | trials[number] if number < len(trials) else None

    return lambda prepared, *_: Replaying(prepared.search_space, prepared.options.seed)


def watch_ours(clock: Clock) -> None:
    """Put the clock around what a search of ours does in this process."""
    import keras

    from tuner.oracles.strategy import Strategy
    from tuner.search.loop import Search
    from tuner.training import compiled, in_memory, run_trial

    clock.watch(Strategy, "suggest", "suggest")
    clock.watch(run_trial, "build_afresh", "build")
    clock.watch(compiled, "_find", "trace")
    usual = in_memory.fit_whole_epochs

    def fit_whole_epochs(
        model: Any, train: Any, evaluate: Any, epochs: range, callbacks: list[Any]
    ) -> None:
        watched = clock.timed(train, "train"), clock.timed(evaluate, "evaluate")
        usual(model, *watched, epochs, callbacks)

    in_memory.fit_whole_epochs = fit_whole_epochs
    clock.watch(keras.Model, "save", "save")
    for method in ("next_trial", "report_epoch", "end_trial"):
        clock.watch(Search, method, "report")


def in_a_process(function: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Return what a function returns when it runs in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(_quietly, function, args).result()


def _quietly(function: Callable[..., dict[str, Any]], args: Any) -> dict[str, Any]:
    import contextlib
    import io

    from tuner.starting.quiet import import_tensorflow

    import_tensorflow()
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*args)


def time_to(score: float, search: dict[str, Any]) -> float:
    """Return when a search first had a score, in seconds; NaN if it never had."""
    return min((at for at, reached in search["ends"] if reached >= score), default=float("nan"))


def compare(name: str, turns: int, console: Console) -> None:
    """Print a setting's tables."""
    kinds = ("stock", "ours, same trials", "ours, 1 worker", "ours, 2 workers")
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            stock = in_a_process(stock_search, name, folder)
            runs["stock"].append(stock)
            for kind, trials, workers in zip(
                kinds[1:], (stock["trials"], None, None), (1, 1, 2), strict=True
            ):
                (folder / kind).mkdir()
                run = in_a_process(our_search, name, folder / kind, trials, workers)
                runs[kind].append(run)
    table = Table(
        "search", "seconds", "stock / it", "best score", "to stock's best, s", "stock's / its"
    )
    table.title = name
    for kind, searches in runs.items():
        goal = [max(score for _, score in stock["ends"]) for stock in runs["stock"]]
        reached = [time_to(g, s) for g, s in zip(goal, searches, strict=True)]
        stocks = [time_to(g, s) for g, s in zip(goal, runs["stock"], strict=True)]
        table.add_row(
            kind,
            f"{median(s['seconds'] for s in searches):.1f}",
            f"{ratio([s['seconds'] for s in runs['stock']], [s['seconds'] for s in searches]):.1f}",
            f"{median(max(score for _, score in s['ends']) for s in searches):.4f}",
            f"{median(reached):.1f}",
            f"{ratio(stocks, reached):.1f}",
        )
    console.print(table)
    console.print(parts_table(runs, kinds[:3]))


def parts_table(runs: dict[str, list[dict[str, Any]]], kinds: tuple[str, ...]) -> Table:
    """Return where the time went, in seconds."""
    table = Table("search", *PARTS, title="where the time went, s")
    for kind in kinds:
        rows = []
        for search in runs[kind]:
            parts = dict(search["parts"])
            parts["rest"] = search["seconds"] - sum(parts.values())
            rows.append(parts)
        table.add_row(kind, *(f"{median(row.get(p, 0.0) for row in rows):.2f}" for p in PARTS))
    return table


def median(values: Any) -> float:
    """Return the median of any number of values."""
    return statistics.median(list(values))


def ratio(above: list[float], below: list[float]) -> float:
    """Return the median of ratios, each of one turn."""
    return median(a / b for a, b in zip(above, below, strict=True))


def main() -> None:
    """Print the tables of both settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--only", choices=sorted(SETTINGS))
    options = parser.parse_args()
    console = Console(width=110)
    for name in [options.only] if options.only else SETTINGS:
        compare(name, options.turns, console)


if __name__ == "__main__":
    main()
