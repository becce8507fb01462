"""What a short trial costs on Ray against a worker process: python -m benchmarks.cluster_overhead

The same random search of one configuration, one worker, in turn with --executor processes and ray
(a Ray of its own on this machine). A trial's cost is the time from the end of the one before to its
own, by the journal; the first trials, which trace their graphs, are left out.
"""

import argparse
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from benchmarks.survival import start_search
from tuner.storage.journal import read_journal

FIXED = ("batch_size=32", "depth=2", "width=64", "schedule=constant", "dropout=0")
WARM_UP = 3


def seconds_a_trial(folder: Path, name: str, executor: str, trials: int, epochs: int) -> float:
    """Run a search and return the median time of a trial, from end to end."""
    fixed = [word for value in FIXED for word in ("--fix", value)]
    process = start_search(
        folder,
        name,
        *("--dataset", "wine", "--folds", "0", "--strategy", "random", "--pruner", "none"),
        *("--max-trials", str(trials + WARM_UP), "--max-epochs", str(epochs)),
        *("--patience", str(epochs), "--executor", executor, "--workers", "1", *fixed),
    )
    assert process.wait() == 0
    events = read_journal(folder / name / "journal.jsonl").events
    ends = [event["time"] for event in events if event["event"] == "trial_ended"]
    return statistics.median(b - a for a, b in pairwise(ends[WARM_UP - 1 :]))


def main() -> int:
    """Print the time of a trial of each kind, and the difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(options.repeats):
            near, far = (
                1000
                * seconds_a_trial(
                    Path(folder), f"{name}-{repeat}", name, options.trials, options.epochs
                )
                for name in ("processes", "ray")
            )
            differences.append(far - near)
            print(f"a trial of {options.epochs} epochs: processes {near:.0f} ms, ray {far:.0f} ms")
    print(f"Ray costs {statistics.median(differences):.0f} ms more (median of the turns)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
