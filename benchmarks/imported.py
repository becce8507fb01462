"""What results of other tools are worth: python -m benchmarks.imported

Ten trials of a Bayesian search on the simulated training of `benchmarks.tutorial`, from nothing and
with `--start-from`: a project of 20 trials that KerasTuner's random search wrote, a study of 20
trials that Optuna's default sampler wrote, and a CSV of 20 random trials. Printed is by how much
the best trial of a search (the one that looks best) truly misses the optimum, as a mean over seeds
with its standard error. Needs requirements-optuna.txt.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np

from benchmarks.convergence import mean_and_error
from benchmarks.tutorial import BEST, NOISE, accuracy, ranges
from tuner.oracles.bayesian import Bayesian
from tuner.setup.other_searches import sources_of
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

TRIALS, TAUGHT = 10, 20
SHOWN = (1, 2, 5, 10)
OBJECTIVE = Objective("val_accuracy", "max")

Score = Callable[..., float]


def seen(seed: int) -> Score:
    """Return the accuracy with noise, which is another one each time."""
    rng = np.random.default_rng([seed, 17])
    return lambda **values: accuracy(**values) + NOISE * float(rng.standard_normal())


class Stock(keras_tuner.RandomSearch):
    """KerasTuner's random search, of which a trial is a call."""

    score: Score

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the trial logs."""
        return {OBJECTIVE.name: self.score(**trial.hyperparameters.values)}


def keras_tuner_project(folder: Path, seed: int, score: Score) -> str:
    """Have KerasTuner search; return the place of what it wrote."""
    tuner = Stock(
        hypermodel=lambda hp: None,
        objective=keras_tuner.Objective(OBJECTIVE.name, OBJECTIVE.direction),
        max_trials=TAUGHT,
        seed=seed + 1,
        hyperparameters=ranges(),
        directory=str(folder),
        project_name="stock",
    )
    tuner.score = score
    tuner.search(verbose=0)
    return str(folder / "stock")


def optuna_study(folder: Path, seed: int, score: Score) -> str:
    """Have Optuna search; return the place of what it wrote."""
    import optuna

    def run(trial: Any) -> float:
        return score(
            learning_rate=trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
            batch_size=trial.suggest_int("batch_size", 16, 256, log=True),
            hidden=trial.suggest_int("hidden", 32, 512, log=True),
        )

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url = f"sqlite:///{folder}/study.db"
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(storage=url, direction="maximize", sampler=sampler)
    study.optimize(run, n_trials=TAUGHT)
    return f"optuna:{url}"


def table(folder: Path, seed: int, score: Score) -> str:
    """Write random trials into a table; return its place."""
    space, rng = SearchSpace(ranges().get_config()["space"]), np.random.default_rng([seed, 23])
    points = [space.decode(rng.random(len(space.free))) for _ in range(TAUGHT)]
    with open(folder / "tried.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*points[0], "score"])
        writer.writeheader()
        writer.writerows({**point, "score": score(**point)} for point in points)
    return str(folder / "tried.csv")


def search(seed: int, place: str | None) -> list[float]:
    """Return what the best trial truly misses, after each trial of a search."""
    space, score = SearchSpace(ranges().get_config()["space"]), seen(seed)
    others = [] if place is None else [place]
    sources = sources_of(others, Path("no run"), space, OBJECTIVE)
    strategy = Bayesian(space, seed, TRIALS, [one.knowledge(OBJECTIVE) for one in sources])
    known, ended = Known(OBJECTIVE, trials := list[Trial]()), list[float]()
    for number in range(TRIALS):
        values = strategy.suggest(number, known) or {}
        trials.append(Trial(number, values, cause=Cause.FINISHED, score=score(**values)))
        best = min(trials, key=OBJECTIVE.rank)
        ended.append(BEST - accuracy(**best.values))
    return ended


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", metavar="N", type=int, default=10)
    options = parser.parse_args()
    print(f"points of accuracy below the optimum, mean of {options.seeds} seeds ± standard error")
    print(f"{'trials':24}" + "".join(f"{n:>16}" for n in SHOWN))
    for name, write in {
        "nothing": None,
        "a KerasTuner project": keras_tuner_project,
        "an Optuna study": optuna_study,
        "a CSV": table,
    }.items():
        paths = []
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory() as folder:
                place = write and write(Path(folder), seed, seen(1000 + seed))
                paths.append(search(seed, place))
        mean, error = mean_and_error(np.array(paths))
        cells = (f"{mean[n - 1]:.2f} ± {error[n - 1]:.2f}" for n in SHOWN)
        print(f"{name:24}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
