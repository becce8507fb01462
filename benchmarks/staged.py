"""Whether the learning rate first beats searching everything at once, on equal budgets.

    python -m benchmarks.staged [--seeds 10] [--trials 15] [--sets digits,diabetes]

Each seed splits the data in another way and searches them twice, plain and with --staged. Scores
are the best validation loss after some trials; smaller is better. The steps of the range test that
a staged search begins with come on top. Differences are tested with Wilcoxon's signed ranks.
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
from scipy.stats import wilcoxon

import tune
from tuner.storage.journal import read_journal

# Small enough to finish: with the default ranges a few wide trials would take most of the time.
OPTIONS = ("--max-epochs", "10", "--range", "width=32:256", "--range", "depth=1:4")
SERIAL = ("--executor", "serial", "--objective", "val_loss", "--pruner", "none")


def search(dataset: str, seed: int, trials: int, *options: str) -> tuple[np.ndarray, int]:
    """Return the best validation loss after each trial, and the epochs that were trained."""
    with tempfile.TemporaryDirectory() as runs, contextlib.redirect_stdout(io.StringIO()):
        place = ("--runs-dir", runs, "--run", "a")
        size = ("--dataset", dataset, "--seed", str(seed), "--max-trials", str(trials))
        status = tune.main([*size, *OPTIONS, *SERIAL, *place, *options])
        events = read_journal(Path(runs, "a", "journal.jsonl")).events
    if status != 0:
        raise RuntimeError(f"the search ended with status {status}")
    ended = {event["trial"]: event for event in events if event["event"] == "trial_ended"}
    scores = [ended[number]["score"] for number in sorted(ended)]
    losses = np.array([np.inf if score is None else score for score in scores])
    return np.minimum.accumulate(losses), sum(event["event"] == "epoch" for event in events)


def compare(dataset: str, seeds: int, trials: int, console: Console) -> Table:
    """Return a table of both searches, a row a number of trials."""
    curves: dict[str, list[np.ndarray]] = {"plain": [], "staged": []}
    epochs: dict[str, list[int]] = {"plain": [], "staged": []}
    for seed in range(seeds):
        for name, options in (("plain", ()), ("staged", ("--staged",))):
            curve, trained = search(dataset, seed, trials, *options)
            curves[name].append(curve)
            epochs[name].append(trained)
        last = {name: round(float(found[-1][-1]), 4) for name, found in curves.items()}
        console.print(f"{dataset} seed {seed}: {json.dumps(last)}", highlight=False)
    table = Table("trials", "plain", "staged", "staged better", "p", title=dataset)
    plain, staged = (np.array(curves[name]) for name in curves)
    for count in sorted({trials // 3, 2 * trials // 3, trials}):
        a, b = plain[:, count - 1], staged[:, count - 1]
        same = bool((a == b).all())
        table.add_row(
            str(count),
            f"{a.mean():.4f}",
            f"{b.mean():.4f}",
            f"{(b < a).sum()} of {seeds}",
            "1" if same else f"{wilcoxon(a, b).pvalue:.2f}",
        )
    table.caption = "epochs a search: " + ", ".join(
        f"{name} {np.mean(trained):.0f}" for name, trained in epochs.items()
    )
    return table


def main() -> None:
    """Print a line a seed and a table a data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=15)
    parser.add_argument("--sets", default="digits,diabetes")
    arguments = parser.parse_args()
    console = Console(width=100)
    for dataset in arguments.sets.split(","):
        console.print(compare(dataset, arguments.seeds, arguments.trials, console))


if __name__ == "__main__":
    main()
