"""Optuna's samplers, here and at home: python -m benchmarks.sampler_regret --benchmark FOLDER

Searches on tasks of tuning neural networks: by each sampler of `--strategy optuna`, and by the same
sampler as Optuna drives it itself, in one process with one stream of random numbers. FOLDER holds
the package `hpobench`; the sampler gp needs PyTorch. Printed is the regret (0: the best value
known, 100: a median random configuration) after 10 and 30 trials, as a mean over tasks with its
standard error, the mean difference, paired by task, with its own, and the seconds a trial.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.start_from import RELATED
from tuner.command_line.choices import STRATEGIES, load
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial, Values

SAMPLERS = ("tpe", "gp", "cmaes", "nsgaii", "qmc")
SHOWN = (10, 30)


def own_sampler(name: str, seed: int) -> Any:
    """Return a sampler as Optuna's users make it."""
    from optuna import samplers

    if name == "gp":
        return samplers.GPSampler(seed=seed, warn_independent_sampling=False)
    if name == "cmaes":
        return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
    if name == "qmc":
        return samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)
    return {"tpe": samplers.TPESampler, "nsgaii": samplers.NSGAIISampler}[name](seed=seed)


def ours(task: Any, sampler: str, seed: int, declared: Any) -> list[tuple[Values, float]]:
    """Return the points and scores of a search by `--strategy optuna`."""
    space = SearchSpace(declared(task.space).get_config()["space"])
    strategy, ended = load(STRATEGIES["optuna"])(space, seed, sampler=sampler), list[Trial]()
    known, found = Known(Objective("error", "min"), ended), list[tuple[Values, float]]()
    for number in range(max(SHOWN)):
        values = strategy.suggest(number, known) or {}
        score = task.observe(values, (seed, 0))
        ended.append(Trial(number, values, cause=Cause.FINISHED, score=score))
        found.append((values, score))
    return found


def theirs(task: Any, sampler: str, seed: int, base: Any) -> list[tuple[Values, float]]:
    """Return the points and scores of a search by Optuna's own loop."""
    import optuna

    loop = base(task.space, seed, 10, max(SHOWN))
    loop.study = optuna.create_study(sampler=own_sampler(sampler, seed))
    found: list[tuple[Values, float]] = []
    for _ in range(max(SHOWN)):
        values = loop.ask()
        repeat = sum(values == before for before, _ in found)
        found.append((values, task.observe(values, (seed, repeat))))
        loop.tell(*found[-1])
    return found


def regrets(task: Any, found: list[tuple[Values, float]]) -> list[float]:
    """Return the true regret of the trial that looks best, after each of `SHOWN` trials."""
    scores = np.array([score for _, score in found])
    best = [found[int(np.argmin(scores[:n]))][0] for n in SHOWN]
    return [100.0 * task.normalised(task.true(values)) for values in best]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--benchmark", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("--seeds", metavar="N", type=int, default=4)
    parser.add_argument("--samplers", metavar="NAME", nargs="+", default=list(SAMPLERS))
    options = parser.parse_args()
    sys.path.insert(0, str(options.benchmark))
    from hpobench import tasks
    from hpobench.optimizers import Optuna as Loop
    from hpobench.space import kt_hyperparameters

    class Base(Loop):
        def sampler(self, samplers: Any) -> Any:
            return None  # The study that has one takes the place of this one's.

    print(f"{len(RELATED)} tasks, {options.seeds} seeds; regret after {SHOWN} trials")
    for sampler in options.samplers:
        rows: dict[str, list[Any]] = {"ours": [], "theirs": []}
        seconds = dict.fromkeys(rows, 0.0)
        for place, task in enumerate(map(tasks.load, RELATED)):
            # Of its own for each task: where these have one space, so have the draws.
            seeds = range(place * options.seeds, (place + 1) * options.seeds)
            for name, search, tool in (
                ("ours", ours, kt_hyperparameters),
                ("theirs", theirs, Base),
            ):
                began = time.process_time()
                found = [search(task, sampler, seed, tool) for seed in seeds]
                seconds[name] += time.process_time() - began
                rows[name].append(np.mean([regrets(task, one) for one in found], axis=0))
        table = {name: np.array(row) for name, row in rows.items()}
        for name, row in (table | {"difference": table["ours"] - table["theirs"]}).items():
            error = row.std(axis=0, ddof=1) / np.sqrt(len(row))
            cells = (f"{m:8.1f} ± {e:.1f}" for m, e in zip(row.mean(axis=0), error, strict=True))
            trials = len(RELATED) * options.seeds * max(SHOWN)
            cost = f"{seconds[name] / trials:8.3f} s" if name in seconds else ""
            print(f"{sampler:8}{name:12}" + "".join(cells) + cost, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
