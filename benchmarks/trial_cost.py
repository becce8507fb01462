"""What a trial costs beside its epochs, when its architecture is new and when it has been seen.

    python -m benchmarks.trial_cost

Each trial trains for one epoch on digits. "plain" is what Keras's `fit` takes for its first epoch
more than for its second: tracing. Figures are medians of turns. Two cores, two minutes.

Wanted: less than 0.5 s for a trial whose architecture has been seen, without saving its model;
and no growth of memory with the number of such trials.
"""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import keras
import keras_tuner
import psutil
from rich.console import Console
from rich.table import Table

from data import Dataset, load_dataset, with_preprocessing
from model import build_model
from tuner.training import compiled
from tuner.training.epoch import epoch_order, on_device, rows
from tuner.training.fitting import fit
from tuner.training.keras_internals import graphs_released
from tuner.training.session import build_afresh
from tuner.trials.objective import Objective

TURNS = 3
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "mlp, 2 layers": {"model": "mlp", "depth": 2},
    "mlp, 8 layers": {"model": "mlp", "depth": 8},
    "cnn, 3 layers": {"model": "cnn", "depth": 3, "width": 32},
}

Seconds = dict[str, float]


def build(dataset: Dataset, number: int, model: str, **values: Any) -> keras.Model:
    """Build a trial's model; trials differ in their learning rate and dropout."""
    hp = keras_tuner.HyperParameters()
    hp.values = {"learning_rate": 1e-3 * (number + 1), "dropout": 0.1 + 0.02 * number, **values}
    return build_afresh(lambda: build_model(hp, dataset, model=model), number)


def trial(dataset: Dataset, number: int, **values: Any) -> float:
    """Return what a trial of one epoch takes, from building its model to its score."""
    began = time.perf_counter()
    fit(
        build(dataset, number, **values),
        dataset,
        batch_size=32,
        max_epochs=1,
        patience=1,
        objective=Objective("val_accuracy", "max"),
        report=lambda *_: True,
        shuffle_seed=number,
    )
    return time.perf_counter() - began


@graphs_released()
def plain_trace(dataset: Dataset, number: int, **values: Any) -> float:
    """Return what the first epoch of Keras's `fit` takes more than the second."""
    model, split = build(dataset, number, **values), dataset.preprocessed("train")
    validation = dataset.preprocessed("validation")
    times = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter())
    )
    data = (validation.x, validation.y)
    model.fit(split.x, split.y, epochs=2, validation_data=data, callbacks=[clock], verbose=0)
    return times[1] - times[0] - (times[2] - times[1])


@graphs_released()
def parts(dataset: Dataset, number: int, **values: Any) -> Seconds:
    """Return what each part of a trial takes."""
    seconds: Seconds = {}

    def timed(part: str, step: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = step()
        seconds[part] = time.perf_counter() - began
        return result

    model = timed("build", lambda: build(dataset, number, **values))
    splits = [dataset.preprocessed(name) for name in ("train", "validation")]
    train, validation = (on_device((split.x, split.y)) for split in splits)
    lending = compiled.compiled(model, train, validation)
    lent = timed("trace or find", lending.__enter__)
    order = epoch_order(rows(train), number, 0)
    timed("train", lambda: float(lent.train(train, order, 32)["loss"]))
    everything = epoch_order(rows(validation), None, 0)
    timed("evaluate", lambda: float(lent.evaluate(validation, everything, 256)["loss"]))
    timed("give back", lambda: lending.__exit__(None, None, None))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        timed("save", lambda: with_preprocessing(model, dataset).save(path))
    return seconds


def cost_table(dataset: Dataset) -> Table:
    """Return what trials cost."""
    table = Table("architecture", "plain, s", "new, s", "seen, s", "seen / plain")
    for name, values in ARCHITECTURES.items():
        turns = []
        for turn in range(TURNS):
            compiled.forget()
            plain = plain_trace(dataset, turn, **values)
            new, seen = (trial(dataset, number, **values) for number in (turn, turn + 1))
            turns.append((plain, new, seen, seen / plain))
        table.add_row(name, *(f"{median(column):.2f}" for column in zip(*turns, strict=True)))
    return table


def parts_table(dataset: Dataset) -> Table:
    """Return where the time of a trial goes, in milliseconds."""
    table = Table("architecture", "", title="milliseconds")
    for part in (columns := ("build", "trace or find", "train", "evaluate", "give back", "save")):
        table.add_column(part)
    for name, values in ARCHITECTURES.items():
        turns: dict[str, list[Seconds]] = {"new": [], "seen": []}
        for turn in range(TURNS):
            compiled.forget()
            for number, kind in enumerate(turns):
                turns[kind].append(parts(dataset, turn + number, **values))
        for kind, measured in turns.items():
            figures = (median(seconds[part] for seconds in measured) for part in columns)
            table.add_row(name, kind, *(f"{1000 * figure:.0f}" for figure in figures))
    return table


def memory_table(dataset: Dataset) -> Table:
    """Return how memory grows, in MB a trial."""
    table = Table("trials", "MB a trial")
    for depth in (2, 8):
        compiled.forget()
        kept = [{"model": "mlp", "depth": depth, "width": 16 + index} for index in range(12)]
        table.add_row(f"new, kept, {depth} layers", f"{growth(dataset, kept):.1f}")
        table.add_row(f"seen, {depth} layers", f"{growth(dataset, kept[-1:] * 40):.2f}")
    return table


def growth(dataset: Dataset, trials: list[dict[str, Any]]) -> float:
    """Return what the second half of some trials adds to the memory of the process."""
    process, sizes = psutil.Process(), []
    for number, values in enumerate(trials):
        if number in (len(trials) // 2, len(trials) - 1):
            gc.collect()
            sizes.append(process.memory_info().rss)
        trial(dataset, number % 10, **values)
    return (sizes[1] - sizes[0]) / 1024**2 / (len(trials) - 1 - len(trials) // 2)


def main() -> None:
    """Print the tables."""
    dataset, console = load_dataset("digits"), Console()
    trial(dataset, 0, **ARCHITECTURES["mlp, 2 layers"])  # TensorFlow's own first time.
    for table in (cost_table, parts_table, memory_table):
        console.print(table(dataset))


if __name__ == "__main__":
    main()
