"""Bayesian search against other optimizers, as table and picture: python -m benchmarks.peers

Reads benchmarks/results/peers.csv: the mean regret (0: the best value known, 100: a median random
configuration) after each number of trials, over tasks of tuning neural networks, with its standard
error over tasks. `--collect FOLDER --benchmark FOLDER` makes that file anew from the results of the
benchmark's `run.py`, over the pairs of task and seed that all optimizers have; it needs the
benchmark's own requirements.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from benchmarks.convergence import Floats, draw_curves

RESULTS = Path(__file__).parent / "results" / "peers.csv"
TRIALS = 100
SHOWN = (10, 20, 30, 50, 100)
# The names of the results, and those that people know; in the order of the picture.
OPTIMIZERS = {
    "ours": "bayesian (this project)",
    "optuna_gp": "Optuna GP",
    "kt_bo_quick": "KerasTuner Bayesian",
    "optuna_tpe": "Optuna TPE",
    "hyperopt_tpe": "Hyperopt TPE",
    "optuna_cmaes": "Optuna CMA-ES",
    "sobol": "Sobol",
    "random": "random",
}


def collect(results: Path, benchmark: Path) -> None:
    """Write the file of means from the results of single searches."""
    sys.path.insert(0, str(benchmark))
    import summarize

    found, tasks = summarize.load(str(results), "all")
    common = sorted(set.intersection(*(set(found[name]) for name in OPTIMIZERS)))
    RESULTS.parent.mkdir(exist_ok=True)
    with open(RESULTS, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["optimizer", "trials", "tasks", "searches", "regret", "standard_error"])
        for name in OPTIMIZERS:
            for n in range(1, TRIALS + 1):
                regret = [
                    100 * tasks[block[0]].normalised(summarize.incumbent(found[name][block], n))
                    for block in common
                ]
                means = summarize.by_task(common, regret)
                row = [f"{means.mean():.3f}", f"{summarize.se(means):.3f}"]
                writer.writerow([name, n, len(means), len(common), *row])


def read() -> tuple[dict[str, tuple[Floats, Floats]], str]:
    """Return means and errors for each optimizer, and how many tasks and searches they are of."""
    with open(RESULTS, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    curves = {}
    for name, title in OPTIMIZERS.items():
        own = [row for row in rows if row["optimizer"] == name]
        columns = ("regret", "standard_error")
        mean, error = (np.array([float(row[column]) for row in own]) for column in columns)
        curves[title] = mean, error
    return curves, f"{rows[0]['tasks']} tasks, {rows[0]['searches']} searches each"


def main() -> int:
    """Print the table, and draw the picture that ``--picture`` names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--collect", metavar="FOLDER", type=Path, help="results of run.py")
    parser.add_argument("--benchmark", metavar="FOLDER", type=Path, help="where run.py is")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    if options.collect:
        if not options.benchmark:
            parser.error("--collect needs --benchmark, the folder of run.py")
        collect(options.collect, options.benchmark)
    curves, size = read()
    print(f"mean regret ± standard error over tasks ({size})")
    print(f"{'trials':26}" + "".join(f"{n:>15}" for n in SHOWN))
    for name, (mean, error) in curves.items():
        cells = (f"{mean[n - 1]:.1f} ± {error[n - 1]:.1f}" for n in SHOWN)
        print(f"{name:26}" + "".join(f"{cell:>15}" for cell in cells))
    if options.picture:
        label = "regret (100: median random configuration)"
        draw_curves(options.picture, curves, label, f"Tuning neural networks: {size}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
