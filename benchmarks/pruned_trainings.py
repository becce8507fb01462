"""What pruning saves on real trainings, and what it costs: python -m benchmarks.pruned_trainings

Bayesian searches of an `mlp` on digits, a `cnn` on images and an `mlp` on a CSV, with and without
a pruner, paired by seed. Printed for each: the difference of the best scores, and the share of the
epochs. Then the pruner is shown the curves of the searches without one, where the end of each
trial is known: of those that it would have stopped, how many would have ended better than the best.

With `--runs-dir`, searches are kept, and those that are there are not run again.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

from benchmarks.made_sets import image_set
from benchmarks.pruned_curves import numbers
from tuner.command_line.options import DEFAULTS
from tuner.pruners import make_pruner
from tuner.search.curve_table import CurveTable
from tuner.search.pruning import Pruning
from tuner.storage.journal import read_journal
from tuner.trials.ending import Cause, Status
from tuner.trials.history import History, replayed
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

ROOT = Path(__file__).parent.parent
ACCURACY = Objective("val_accuracy", "max")
EPOCHS = 30
# Convolutions of a size that a small machine can train many of.
SMALL = ("--range", "width=32:64", "--range", "depth=1:4", "--range", "batch_size=32:256")


def write_data(folder: Path) -> dict[str, list[str]]:
    """Write the images and the CSV; return the options of each data set."""
    images, table = folder / "images.npz", folder / "cancer.csv"
    if not images.exists():
        whole = image_set(1000, side=14)
        splits = (whole.train, whole.validation, whole.test)
        x = np.concatenate([split.x for split in splits])
        y = np.concatenate([split.y for split in splits])
        np.savez(images, x=(128 + 18 * x).clip(0, 255).astype("uint8"), y=y)
    if not table.exists():
        load_breast_cancer(as_frame=True).frame.to_csv(table, index=False)
    return {
        "digits": ["--dataset", "digits"],
        "images": ["--dataset", str(images), *SMALL],
        "cancer": ["--dataset", str(table), "--task", "classification"],
    }


def search(runs: Path, name: str, *options: str) -> History:
    """Run a search, unless it is there; return its trials."""
    place = ("--runs-dir", str(runs), "--run", name, "--executor", "serial")
    command = [sys.executable, str(ROOT / "tune.py"), *options, *place]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, cwd=ROOT)
    history, _ = replayed(read_journal(runs / name / "journal.jsonl"), ACCURACY)
    return history


def best(history: History) -> float:
    """Return the best score."""
    return float("nan") if history.best is None else float(history.best.score or 0.0)


def trained(history: History) -> int:
    """Return how many epochs the trials have."""
    return sum(trial.epochs for trial in history.trials.values())


def stops(history: History, pruner: str) -> tuple[int, int, int]:
    """Return how many trials a pruner would stop, how many wrongly, and the epochs left."""
    rule = make_pruner(pruner)
    assert rule is not None
    pruning, curves = Pruning(rule, ACCURACY), CurveTable(ACCURACY, EPOCHS)
    stopped = wrong = epochs = 0
    ended: list[Trial] = []
    for number, trial in sorted(history.trials.items()):
        count = max(0, number + 1 - DEFAULTS.lag)
        known = ended[:count]
        incumbent = max((t.score or 0 for t in known if t.status is Status.COMPLETED), default=0)
        seen = Trial(number, trial.values, cause=trial.cause, score=trial.score)
        for metrics in trial.curve:
            seen.curve.append(metrics)
            if seen.epochs < trial.epochs and pruning.reason_to_stop(seen, curves.first(count)):
                seen.cause = Cause.CURVE
                stopped += 1
                wrong += (trial.score or 0) > incumbent
                break
        epochs += seen.epochs
        ended.append(seen)
        curves.learn(seen)
    return stopped, wrong, epochs


def compare(
    runs: Path, name: str, options: list[str], pruner: str, seeds: list[int], trials: int
) -> None:
    """Print what a pruner does on one data set."""
    pairs = []
    for seed in seeds:
        more = (*options, "--seed", str(seed), "--max-trials", str(trials))
        plain, pruned = (
            search(runs, f"{name}-{trials}-{seed}-{rule}", *more, "--pruner", rule)
            for rule in ("none", pruner)
        )
        pairs.append((plain, pruned))
        print(
            f"{name}, seed {seed}: best {best(plain):.4f} and {best(pruned):.4f}, "
            f"epochs {trained(plain)} and {trained(pruned)}",
            flush=True,
        )
    change = np.array([best(pruned) - best(plain) for plain, pruned in pairs])
    error = change.std(ddof=1) / np.sqrt(len(change)) if len(change) > 1 else np.nan
    total = sum(trained(plain) for plain, _ in pairs)
    share = sum(trained(pruned) for _, pruned in pairs) / total
    print(f"{name}: score {change.mean():+.4f} ± {error:.4f}, {share:.0%} of the epochs")
    stopped, wrong, epochs = np.sum([stops(plain, pruner) for plain, _ in pairs], axis=0)
    print(
        f"{name}, on the curves without a pruner: {stopped} stopped, {wrong} of them wrongly, "
        f"{epochs / total:.0%} of the epochs",
        flush=True,
    )


def main() -> int:
    """Compare on all data sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=numbers, default=list(range(10)))
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--pruner", default="curve")
    parser.add_argument("--only", default="digits,images,cancer")
    parser.add_argument("--runs-dir", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        runs = options.runs_dir or Path(scratch)
        runs.mkdir(parents=True, exist_ok=True)
        for name, data in write_data(runs).items():
            if name in options.only.split(","):
                compare(runs, name, data, options.pruner, options.seeds, options.trials)
    return 0


if __name__ == "__main__":
    sys.exit(main())
