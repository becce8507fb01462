"""Whether the learning-rate finder finds a rate as good as the best of a grid.

    python -m benchmarks.learning_rate [--seeds 5] [--sets digits,images]

For each data set and seed, the proposed rate and 15 rates from 1e-5 to 1e-1 are trained with the
other defaults. The loss is what regressions have; it is relative to always predicting the mean.

Wanted: on digits with mlp and on images with cnn, within one point of accuracy of the best of the
grid, for five seeds. That best one is the luckiest of 15, so a point is less than it seems.
"""

import argparse
import dataclasses
from collections.abc import Callable
from functools import partial
from statistics import mean

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.made_sets import four_classes, friedman, noisy_classes, small_images
from data import Dataset, load_dataset
from model import build_model
from model.search_space import ROLES
from tuner.command_line.options import SearchOptions
from tuner.measuring.find_learning_rate import learning_rate_of
from tuner.setup.declared_space import declared_space
from tuner.setup.preparation import Preparation
from tuner.space.roles import resolved_roles
from tuner.training.callbacks import DivergedError
from tuner.training.fitting import fit
from tuner.training.session import build_afresh
from tuner.trials.objective import Objective
from tuner.trials.seeds import integer_seed

RATES = np.geomspace(1e-5, 1e-1, 15)


@dataclasses.dataclass(frozen=True)
class Problem:
    """A data set for each seed, a model, and the most epochs of a training."""

    load: Callable[[int], Dataset]
    model: str = "mlp"
    epochs: int = 30


def embedded(name: str) -> Problem:
    """Return a data set that comes along, split in another way for each seed."""
    return Problem(lambda seed: load_dataset(name, seed=seed))


PROBLEMS = {
    "digits": embedded("digits"),
    "images": Problem(small_images, "cnn", 10),
    "wine": embedded("wine"),
    "breast_cancer": embedded("breast_cancer"),
    "diabetes": embedded("diabetes"),
    "four_classes": Problem(four_classes, epochs=15),
    "noisy_classes": Problem(noisy_classes),
    "friedman": Problem(friedman, epochs=15),
}


def prepared(problem: Problem, seed: int) -> Preparation:
    """Return what a search of the problem would be prepared as."""
    dataset = problem.load(seed)
    regression = dataset.task == "regression"
    build = partial(build_model, dataset=dataset, model=problem.model, epochs=problem.epochs)
    declared = declared_space(build)
    return Preparation(
        options=SearchOptions(seed=seed, max_epochs=problem.epochs),
        dataset=dataset,
        space=declared.declarations,
        objective=Objective("val_loss", "min") if regression else Objective("val_accuracy", "max"),
        build=build,
        pruner="none",
        roles=resolved_roles(declared.declarations, ROLES, (), (), ()),
        chance={},
        settings={},
        declared=declared,
    )


def score(search: Preparation, rate: float) -> float:
    """Return what the default configuration attains with a rate; NaN if it diverges."""
    seed, hp = search.options.seed, search.default_hyperparameters()
    hp.values["learning_rate"] = float(rate)
    model = build_afresh(lambda: search.build(hp), integer_seed(seed, 0, "weights"))
    try:
        best = fit(
            model,
            search.dataset,
            batch_size=int(hp.get("batch_size")),
            max_epochs=search.options.max_epochs,
            patience=search.options.patience,
            objective=search.objective,
            report=lambda *_: True,
            shuffle_seed=integer_seed(seed, 0, "shuffle"),
        )
    except DivergedError:
        return float("nan")
    return float("nan") if best.score is None else best.score


def measure(search: Preparation) -> dict[str, float]:
    """Return the proposed rate and how it compares; all but the rates in points."""
    sign = -1 if search.objective.direction == "min" else 1
    grid = np.array([100 * sign * score(search, rate) for rate in RATES])
    found = learning_rate_of(search).learning_rate or float("nan")
    return {
        "proposed rate": found,
        "best of the grid at": float(RATES[np.nanargmax(grid)]),
        "proposed": 100 * sign * score(search, found),
        "grid": float(np.nanmax(grid)),
        "default": 100 * sign * score(search, 1e-3),
    }


def main() -> None:
    """Print a line a seed and a table of the data sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default=",".join(PROBLEMS))
    arguments = parser.parse_args()
    console = Console(width=120)
    table = Table("data set", "proposed rates", "behind the best of the grid, points", "mean")
    table.add_column("the default 1e-3, mean")
    for name in arguments.sets.split(","):
        rows = []
        for seed in range(arguments.seeds):
            rows.append(row := measure(prepared(PROBLEMS[name], seed)))
            facts = "  ".join(f"{key} {value:.4g}" for key, value in row.items())
            console.print(f"{name} seed {seed}: {facts}", highlight=False)
        gaps = [row["grid"] - row["proposed"] for row in rows]
        table.add_row(
            name,
            " ".join(f"{row['proposed rate']:.2g}" for row in rows),
            " ".join(f"{gap:.1f}" for gap in gaps),
            f"{mean(gaps):.2f}",
            f"{mean(row['grid'] - row['default'] for row in rows):.2f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
