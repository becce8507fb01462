"""Whether a rare class, 1 in 25, is found better by another objective or by weights of classes.

    python -m benchmarks.unbalanced [--seeds 5] [--trials 6]

Each seed makes a table of 6,000 rows in two classes that overlap, searches it with each set of
options and trains the best trial again. Scores are those of `train.py` on the test data, larger is
better. Differences to the search without any such option are paired by seed, with the interval of a
t-test at 95 %.
"""

import argparse
import contextlib
import io
import json
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import ttest_1samp
from sklearn.datasets import make_classification

import train
import tune

AUC = ("--objective", "val_auc")
BALANCED_ACCURACY = ("--objective", "val_balanced_accuracy")
CLASS_WEIGHT = ("--class-weight", "balanced")
ASKED: dict[str, tuple[str, ...]] = {
    "neither": (),
    "--objective val_auc": AUC,
    "--objective val_balanced_accuracy": BALANCED_ACCURACY,
    "--class-weight balanced": CLASS_WEIGHT,
    "--class-weight balanced --objective val_auc": (*CLASS_WEIGHT, *AUC),
}
METRICS = ("balanced_accuracy", "recall", "precision", "auc", "accuracy")
SEARCH = ("--metrics", ",".join(METRICS[:-1]), "--max-epochs", "12", "--executor", "serial")
# Small enough to finish: with the default ranges a few wide trials would take most of the time.
RANGES = ("--range", "width=32:128", "--range", "depth=1:3")


def write_table(path: Path, seed: int) -> None:
    """Write 6,000 rows of which 1 in 25 is of the second class, and a few are mislabelled."""
    x, y = make_classification(
        6000, 20, n_informative=6, weights=[0.97], flip_y=0.02, class_sep=0.8, random_state=seed
    )
    np.savez(path, x=x.astype(np.float32), y=y)


def tested(data: Path, seed: int, trials: int, options: tuple[str, ...]) -> list[float]:
    """Search, train the best trial again, and return its scores on the test data."""
    with tempfile.TemporaryDirectory() as runs, contextlib.redirect_stdout(io.StringIO()):
        place = ("--runs-dir", runs, "--run", "a")
        size = ("--dataset", str(data), "--seed", str(seed), "--max-trials", str(trials))
        status = tune.main([*size, *SEARCH, *RANGES, *options, *place]) or train.main([*place])
        if status != 0:
            raise RuntimeError(f"it ended with status {status}")
        scores = json.loads(Path(runs, "a", "train", "metrics.json").read_text())["test"]
    return [scores[name] for name in METRICS]


def main() -> None:
    """Print the mean of each score, and what it gains."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=6)
    arguments = parser.parse_args()
    found: dict[str, list[list[float]]] = {name: [] for name in ASKED}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "rare.npz")
        for seed in range(arguments.seeds):
            write_table(data, seed)
            for name, options in ASKED.items():
                found[name].append(tested(data, seed, arguments.trials, options))
            scores = {name: round(rows[-1][0], 3) for name, rows in found.items()}
            print(f"seed {seed}, balanced accuracy: {json.dumps(scores)}", flush=True)

    table = Table("asked for", *METRICS, "gain in balanced accuracy", "seeds better")
    plain = np.array(found["neither"])
    for name, rows in found.items():
        means, gains = np.mean(rows, axis=0), np.array(rows)[:, 0] - plain[:, 0]
        cells = ["", ""]
        if name != "neither":
            low, high = ttest_1samp(gains, 0.0).confidence_interval()
            cells = [f"{gains.mean():+.3f} [{low:+.3f}, {high:+.3f}]", str((gains > 0).sum())]
        table.add_row(name, *(f"{mean:.3f}" for mean in means), *cells)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
