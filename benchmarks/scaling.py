"""Trials a minute of two workers against one: python -m benchmarks.scaling

The same trials (a convolutional network on images, random search) with one worker and with two, in
turn, timed by the journal.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.survival import start_search
from tuner.storage.journal import read_journal

FIXED = ("batch_size=64", "depth=3", "width=32", "schedule=constant")


def write_images(path: Path, examples: int = 2000) -> None:
    """Write images of two textures, which a network has to compute to tell apart."""
    dice = np.random.default_rng(0)
    y = dice.integers(0, 2, examples)
    x = dice.normal(128, 40, (examples, 32, 32, 3))
    x[y == 1, ::2] += 20
    np.savez(path, x=x.clip(0, 255).astype("uint8"), y=y)


def trials_a_minute(folder: Path, name: str, workers: int, trials: int, *options: str) -> float:
    """Run a search and return its throughput."""
    fixed = [word for value in FIXED for word in ("--fix", value)]
    process = start_search(
        folder,
        name,
        *("--dataset", str(folder / "images.npz"), "--strategy", "random", "--max-epochs", "3"),
        *("--workers", str(workers), "--executor", "processes", "--max-trials", str(trials)),
        *("--patience", "3", "--pruner", "none", *fixed, *options),
    )
    assert process.wait() == 0
    events = read_journal(folder / name / "journal.jsonl").events
    ends = sorted(event["time"] for event in events if event["event"] == "trial_ended")
    # The first trial of each worker waits for TensorFlow's import, and is left out.
    return 60 * (len(ends) - workers) / (ends[-1] - ends[workers - 1])


def main() -> int:
    """Print the ratio, once with one thread a worker and once with the machine's cores divided."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder / "images.npz")
        for mode in ("--deterministic", "--no-deterministic"):
            ratios = []
            for repeat in range(options.repeats):
                one, two = (
                    trials_a_minute(
                        folder, f"{mode.strip('-')}-{repeat}-{w}", w, options.trials, mode
                    )
                    for w in (1, 2)
                )
                ratios.append(two / one)
                print(f"{mode}: {one:.1f} and {two:.1f} trials a minute", flush=True)
            print(f"{mode}: two workers do {statistics.median(ratios):.2f} times as much as one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
