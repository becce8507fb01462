"""Pruners on learning curves of LCBench: python -m benchmarks.pruned_curves --benchmark FOLDER

A search by the Bayesian oracle, one trial after the other, on curves of 52 epochs that a surrogate
of real trainings gives. FOLDER holds the package `hpobench`, whose tasks have `space`, `curve`,
`best` and `ref`. Printed: the regret (0: the best value known, 100: a median random
configuration) after some numbers of epochs, and how many of the stopped trials would have ended
better than the best by then.

With ``--goals FOLDER``, the values that another search has suggested for each task and seed
(``TASK__SEED.json``), also the epochs until a search is as good as that one was, in the median of
its seeds, after 50 whole trials. Wanted: 800, where KerasTuner's Bayesian search took 2,379.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from tuner.oracles import STRATEGIES
from tuner.pruners import make_pruner
from tuner.search.curve_table import CurveTable
from tuner.search.pruning import Pruning
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause, Status
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

BUDGETS = (520, 1300, 2600)
TRIALS = 50
ERROR = Objective("error", "min")


def search(
    task: Any, space: SearchSpace, strategy: str, pruner: str, seed: int
) -> tuple[list[float], Counter[str]]:
    """Return the best error after each epoch of a search, and counts of its trials."""
    asked, known = STRATEGIES[strategy](space, seed), Known(ERROR, ended := [])
    rule = make_pruner(pruner)
    epochs = len(task.curve(space.defaults()))
    pruning = None if rule is None else Pruning(rule, ERROR)
    curves = CurveTable(ERROR, epochs)
    path: list[float] = []
    counts: Counter[str] = Counter()
    incumbent = np.inf
    while len(path) < BUDGETS[-1]:
        number = counts.total()
        trial = Trial(number, asked.suggest(number, known) or {})
        curve = [float(error) for error in task.curve(trial.values)]
        trial.cause = Cause.FINISHED
        for error in curve:
            trial.curve.append({"error": error})
            path.append(min([error, *path[-1:]]))
            if (
                pruning is not None
                and pruning.reason_to_stop(trial, curves.first(number)) is not None
            ):
                trial.cause = Cause.CURVE
                break
        trial.score, trial.best_epoch = ERROR.best_epoch(trial.curve)
        if pruning is not None and trial.status is Status.PRUNED:
            trial.expected = pruning.expected_score(trial, curves.first(number))
        ended.append(trial)
        curves.learn(trial)
        if trial.status is Status.COMPLETED:
            incumbent = min(incumbent, min(curve))
            counts["completed"] += 1
        else:
            counts["wrongly stopped" if min(curve) < incumbent else "rightly stopped"] += 1
    return path[: BUDGETS[-1]], counts


def goal(task: Any, name: str, folder: Path) -> float:
    """Return the best error after `TRIALS` whole trials of another search: its seeds' median.

    It is NaN where that search was not run.
    """
    reached = [
        min(min(task.curve(values)) for values in json.loads(file.read_text())["values"][:TRIALS])
        for file in folder.glob(f"{name}__*.json")
    ]
    return float(np.median(reached)) if reached else float("nan")


def epochs_to(goal: float, path: list[float]) -> float:
    """Return after how many epochs a search was as good; infinite if it never was."""
    return next((n for n, error in enumerate(path, 1) if error <= goal + 1e-9), np.inf)


def regret(path: list[float], task: Any) -> list[float]:
    """Return the regret after each budget, between 0 and 100."""
    return [100 * task.normalised(path[budget - 1]) for budget in BUDGETS]


def numbers(text: str) -> list[int]:
    """Parse a range of seeds such as ``0-2``."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main() -> int:
    """Run searches with each pruner on each task; print means, and differences with errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", required=True, help="folder of the package hpobench")
    parser.add_argument("--tasks", default="panel")
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2])
    parser.add_argument("--strategy", default="bayesian")
    parser.add_argument("--pruners", default="none,median,asha,curve")
    parser.add_argument("--goals", type=Path, help="folder of another search's values")
    options = parser.parse_args()
    sys.path.insert(0, options.benchmark)
    from hpobench import tasks
    from hpobench.space import kt_hyperparameters

    names = [name for name in tasks.names(options.tasks) if name.startswith("lcbench")]
    unpruned: list[list[float]] = []
    for pruner in options.pruners.split(","):
        regrets, counts = [], Counter[str]()
        needed = []
        for name in names:
            task = tasks.load(name)
            aim = goal(task, name, options.goals) if options.goals else float("nan")
            for seed in options.seeds:
                space = SearchSpace(kt_hyperparameters(task.space).get_config()["space"])
                path, found = search(task, space, options.strategy, pruner, seed)
                regrets.append(regret(path, task))
                counts += found
                needed += [] if np.isnan(aim) else [epochs_to(aim, path)]
                print(f"{pruner} {name} {seed}: {regrets[-1]} {dict(found)}", file=sys.stderr)
        unpruned = unpruned or regrets
        change = np.array(regrets) - np.array(unpruned)
        error = change.std(axis=0, ddof=1) / np.sqrt(len(change))
        print(f"{pruner}: {len(regrets)} searches, {dict(counts)}")
        if needed:
            met = np.isfinite(needed).mean()
            print(f"  as good as the other: {met:.0%}, median {np.median(needed):.0f} epochs")
        for i, budget in enumerate(BUDGETS):
            print(
                f"  after {budget} epochs: regret {np.mean(regrets, axis=0)[i]:.2f}, "
                f"against the first {change.mean(axis=0)[i]:+.2f} ± {error[i]:.2f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
