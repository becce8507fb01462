"""What the results of another search are worth: python -m benchmarks.start_from --benchmark FOLDER

Searches on tasks of tuning neural networks, which start from nothing, or from 30 trials of another
search: of the same task, of a related one (other data), or of one that misleads (the same task, but
that search looked for the worst). FOLDER holds the package `hpobench`. Printed is the regret (0:
the best value known, 100: a median random configuration) after some numbers of trials, as a mean
over searches with its standard error.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tuner.oracles.bayesian import Bayesian
from tuner.oracles.knowledge import Knowledge, KnownTrial
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

TRIALS = 40
TAUGHT = 30
SHOWN = (1, 2, 5, 10, 20, 40)
# Each task with a related one: a pair of the same family, chosen before any result was seen.
RELATED = {
    "lcbench-3945": "lcbench-34539",
    "lcbench-167161": "lcbench-167181",
    "lcbench-189866": "lcbench-189905",
    "lcbench-126026": "lcbench-146212",
    "lcbench-168331": "lcbench-168868",
    "lcbench-189862": "lcbench-189908",
    "hpobench-australian": "hpobench-car",
    "hpobench-kc1": "hpobench-segment",
    "hpobench-car": "hpobench-kc1",
    "hpobench-segment": "hpobench-australian",
}


def search(
    task: Any,
    space: SearchSpace,
    seed: int,
    trials: int,
    sign: int = 1,
    knowledge: Knowledge | None = None,
) -> list[KnownTrial]:
    """Return the trials of a search; with sign -1, of one for the worst."""
    others = [] if knowledge is None else [knowledge]
    strategy = Bayesian(space, seed, others=others, num_initial_points=10)
    found: list[KnownTrial] = []
    known = Known(Objective("error", "min"), ended := [])
    for number in range(trials):
        values = strategy.suggest(number, known)
        if values is None:
            break
        repeat = sum(trial.values == values for trial in found)
        score = sign * task.observe(values, (seed, repeat))
        ended.append(Trial(number, values, cause=Cause.FINISHED, score=score))
        found.append(KnownTrial(values, "completed", score))
    return found


def regrets(task: Any, trials: list[KnownTrial]) -> list[float]:
    """Return the true regret of the trial that looks best, after each of `SHOWN` trials."""
    scores = np.array([trial.score for trial in trials], dtype=float)
    best = [trials[int(np.argmin(scores[:n]))].values for n in SHOWN]
    return [100.0 * task.normalised(task.true(values)) for values in best]


def results(seed: int, hpobench: Any, declared: Any) -> Iterator[tuple[str, list[float]]]:
    """Yield what a search started from, and its regrets, for each task."""
    for name, related in RELATED.items():
        task = hpobench.load(name)
        space = SearchSpace(declared(task.space).get_config()["space"])
        yield "nothing", regrets(task, search(task, space, seed, TRIALS))
        for kind, other, sign in [
            ("the same task", name, 1),
            ("a related task", related, 1),
            ("a misleading one", name, -1),
        ]:
            taught = search(hpobench.load(other), space, seed + 1000, TAUGHT, sign)
            knowledge = Knowledge(tuple(taught), space)
            yield kind, regrets(task, search(task, space, seed, TRIALS, knowledge=knowledge))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--benchmark", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("--seeds", metavar="N", type=int, nargs="+", default=[3, 4])
    options = parser.parse_args()
    sys.path.insert(0, str(options.benchmark))
    from hpobench import tasks
    from hpobench.space import kt_hyperparameters

    found: dict[str, list[list[float]]] = {}
    for seed in options.seeds:
        for kind, row in results(seed, tasks, kt_hyperparameters):
            found.setdefault(kind, []).append(row)
    print(f"regret ± standard error of {len(found['nothing'])} searches each")
    print(f"{'trials':18}" + "".join(f"{n:>14}" for n in SHOWN))
    for kind, rows in found.items():
        mean, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(len(rows))
        cells = (f"{m:.1f} ± {e:.1f}" for m, e in zip(mean, error, strict=True))
        print(f"{kind:18}" + "".join(f"{cell:>14}" for cell in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
