"""What each part of `--model tabular` is worth: the untuned model with one thing taken away.

    python -m benchmarks.table_parts FOLDER [--seeds 0,1,2] [--only whole,no_clip]

FOLDER has CSV files whose last column is the target, and may have a `tasks.json` that says for each
name "classification" or "regression". Each is trained by the defaults as `train.py --default` does.
An error is 1 - accuracy, or the squared error in units of the variance of the targets; what is
printed is its ratio to that of HistGradientBoosting with its defaults, which learns from training
and validation rows together. 5 % of the error of a constant are added to both, so that differences
far below it count little; means are geometric.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from data import Dataset, load_dataset
from data.preprocessing import packed_tables
from data.preprocessing.statistics import mean_and_deviation
from model import tabular
from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import prepare
from tuner.training.fitting import fit
from tuner.training.run_trial import batch_size_of, hyperparameters_of
from tuner.training.session import build_afresh
from tuner.trials.numbers import numbers

Patch = Callable[[], AbstractContextManager[Any]]

FLOOR = 0.05


def body(hp: Any, inputs: Any, activation: str, weighted: bool) -> Any:
    """Build what `model.tabular` does, with another activation or without weights of features."""
    x = keras.layers.Flatten()(inputs)
    if weighted:
        x = keras.layers.EinsumDense("nd,d->nd", x.shape[-1], kernel_initializer="ones")(x)
    for _ in range(hp.get("depth")):
        x = keras.layers.Dense(hp.get("width"), activation, kernel_initializer="lecun_normal")(x)
        x = keras.layers.Dropout(hp.get("dropout"))(x)
    return x


def replaced(owner: Any, name: str, other: Any) -> Patch:
    """Return a patch, made anew each time it is used."""
    return lambda: mock.patch.object(owner, name, other)


def unclipped(x: Any) -> Any:
    """Leave scaled numbers as they are."""
    return x


# What is another: options of `tune.py`, other values than the defaults, and patches of the code.
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any], list[Patch]]] = {
    "whole": ({}, {}, []),
    "mean_and_deviation": (
        {},
        {},
        [replaced(packed_tables, "median_and_spread", mean_and_deviation)],
    ),
    "no_clip": ({}, {}, [replaced(packed_tables, "smoothly_clipped", unclipped)]),
    "no_weights_of_features": (
        {},
        {},
        [replaced(tabular, "body", partial(body, activation="silu", weighted=False))],
    ),
    "relu": ({}, {}, [replaced(tabular, "body", partial(body, activation="relu", weighted=True))]),
    "learning_rate_1e-3": ({}, {"learning_rate": 1e-3}, []),
    "batch_32": ({}, {"batch_size": 32}, []),
    "depth_2": ({}, {"depth": 2}, []),
    "no_dropout": ({}, {"dropout": 0.0}, []),
    "warmup_cosine": ({}, {"schedule": "warmup_cosine"}, []),
    "30_epochs_patience_5": ({"max_epochs": 30, "patience": 5}, {}, []),
    "mlp": ({"model": "mlp"}, {}, []),
    "mlp_30_epochs_patience_5": ({"model": "mlp", "max_epochs": 30, "patience": 5}, {}, []),
}


def error_of(name: str, path: Path, task: str, seed: int) -> tuple[float, float]:
    """Return the test error of a variant, and the seconds of CPU that its training took."""
    options, changes, patches = VARIANTS[name]
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch())
        prepared = prepare(SearchOptions(dataset=str(path), task=task, seed=seed).updated(options))
        hp = hyperparameters_of(prepared.search_space.defaults() | changes)
        model = build_afresh(lambda: prepared.build(hp), seed)
        began = time.process_time()
        fit(
            model,
            prepared.dataset,
            batch_size=batch_size_of(hp, None),
            max_epochs=prepared.options.max_epochs,
            patience=prepared.options.patience,
            objective=prepared.objective,
            report=lambda epoch, metrics, seconds: True,
            shuffle_seed=seed,
        )
        seconds = time.process_time() - began
        stream = prepared.dataset.stream("test", 256)
        measured = numbers(model.evaluate(stream, verbose=0, return_dict=True))
    # The loss of a regression is in units of the variance.
    return (
        measured["loss"] if task == "regression" else 1 - measured["accuracy"],
        seconds,
    )


def baselines(path: Path, task: str, seed: int) -> tuple[float, float, float]:
    """Return the test errors of a constant, of boosting and of a linear model."""
    dataset = load_dataset(str(path), seed=seed, task=task)
    known, test = dataset.train.join(dataset.validation), dataset.test
    columns = [split.x for split in (known, test) if isinstance(split.x, dict)]
    frames = [pd.DataFrame({name: list(x) for name, x in each.items()}) for each in columns]
    texts = [name for name, x in columns[0].items() if x.dtype.kind == "O"]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    classes = task == "classification"
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    boosting = make_pipeline(
        make_column_transformer((codes, texts), remainder="passthrough"), kind(random_state=0)
    )
    numbers = [name for name in columns[0] if name not in texts]
    linear = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore", min_frequency=2), texts),
        ),
        LogisticRegression(max_iter=3000) if classes else RidgeCV(np.logspace(-3, 3, 13)),
    )
    usual = np.bincount(known.y).argmax() if classes else known.y.mean()
    answers = [
        np.full(len(test), usual),
        *(one.fit(frames[0], known.y).predict(frames[1]) for one in (boosting, linear)),
    ]
    of_constant, of_boosting, of_linear = (_error(dataset, one, classes) for one in answers)
    return of_constant, of_boosting, of_linear


def _error(dataset: Dataset, answers: np.ndarray, classes: bool) -> float:
    y = dataset.test.y
    if classes:
        return float((answers != y).mean())
    return float(((answers - y) ** 2).mean() / dataset.train.y.var())


def main() -> None:
    """Train all variants on all tables, and print a row for each variant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default=",".join(VARIANTS))
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    names = list(dict.fromkeys(["whole", *arguments.only.split(",")]))  # What others differ from.
    if unknown := [name for name in names if name not in VARIANTS]:
        parser.error(f"--only: expected some of {', '.join(VARIANTS)}, received {unknown[0]}")
    tasks_file = arguments.folder / "tasks.json"
    tasks = json.loads(tasks_file.read_text()) if tasks_file.exists() else {}
    found: dict[str, list[tuple[str, float]]] = {name: [] for name in names}
    spent = dict.fromkeys(names, 0.0)
    for path in sorted(arguments.folder.glob("*.csv")):
        task = tasks.get(path.stem) or load_dataset(str(path)).task
        for seed in seeds:
            constant, boosting, _ = baselines(path, task, seed)
            for name in names:
                error, seconds = error_of(name, path, task, seed)
                floor = FLOOR * constant
                found[name].append((task, math.log((error + floor) / (boosting + floor))))
                spent[name] += seconds
                print(path.stem, seed, name, f"{error:.4f} (boosting {boosting:.4f})", flush=True)
    Console().print(_table(found, spent))


def _table(found: dict[str, list[tuple[str, float]]], spent: dict[str, float]) -> Table:
    table = Table(title="error, in units of HistGradientBoosting's")
    for column in ("variant", "classes", "numbers", "all", "against whole (95 %)", "CPU s"):
        table.add_column(column, justify="left" if column == "variant" else "right")
    whole = np.array([ratio for _, ratio in found["whole"]])
    for name, ratios in found.items():
        values = np.array([ratio for _, ratio in ratios])
        gain = values - whole
        margin = 1.96 * gain.std(ddof=1) / math.sqrt(len(gain)) if len(gain) > 1 else math.nan
        by_task = [
            np.exp(np.mean([r for t, r in ratios if t == task] or [np.nan]))
            for task in ("classification", "regression")
        ]
        table.add_row(
            name,
            *(f"{value:.3f}" for value in (*by_task, np.exp(values.mean()))),
            f"{100 * (np.exp(gain.mean()) - 1):+.1f} ± {100 * margin:.1f} %",
            f"{spent[name]:.0f}",
        )
    return table


if __name__ == "__main__":
    main()
