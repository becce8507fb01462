"""What a long search costs: python -m benchmarks.endurance

Memory of driver and workers over many trials; then, for a journal of many trials, the time to
resume from it, and the cost of one more report.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.survival import ended, start_search
from tuner.storage.journal import Journal, read_journal
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event, epoch_event, started_event
from tuner.trials.history import History, replayed
from tuner.trials.objective import Objective
from tuner.trials.trial import EpochReport, Trial, TrialResult

MB = 1024**2
ACCURACY = Objective("val_accuracy", "max")


def memory_over_trials(trials: int) -> None:
    """Print the memory of a search's processes, at a few numbers of trials."""
    options = ("--dataset", "wine", "--max-epochs", "2", "--max-trials", str(trials))
    with tempfile.TemporaryDirectory() as folder:
        process = start_search(Path(folder), "long", *options, "--strategy", "random")
        driver, next_look = psutil.Process(process.pid), 10
        print(f"{'trials':>7} {'driver MB':>10} {'others MB':>11}", flush=True)
        while process.poll() is None:
            done = len(ended(Path(folder) / "long"))
            if done >= next_look:
                workers = [
                    child.memory_info().rss // MB for child in driver.children(recursive=True)
                ]
                print(f"{done:>7} {driver.memory_info().rss // MB:>10} {workers}", flush=True)
                next_look = max(done + 1, next_look + trials // 10)
            time.sleep(0.2)


def cost_over_journal(trials: int, epochs: int = 20) -> None:
    """Print the time to read a journal back, and of one report at its begin and at its end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        history, seconds = History(ACCURACY), []
        with Journal(path) as journal:
            for number in range(trials):
                trial = Trial(number, {"learning_rate": 1e-3, "batch_size": 32, "depth": 3})
                result = TrialResult(number, 0, Cause.FINISHED, number / trials, 3, 1.0)
                events = [created_event(trial), started_event(trial, 0)]
                for epoch in range(1, epochs + 1):
                    metrics = dict.fromkeys(("loss", "val_loss", "accuracy", "val_accuracy"), 0.5)
                    events.append(epoch_event(EpochReport(number, 0, epoch, metrics, 0.1)))
                began = time.perf_counter()
                for event in [*events, ended_event(trial, result)]:
                    journal.append(event, durable=False)
                    history.apply(event)
                seconds.append((time.perf_counter() - began) / (len(events) + 1))
        began = time.perf_counter()
        replayed(read_journal(path), ACCURACY)
        print(
            f"{trials} trials, {path.stat().st_size / MB:.0f} MB: read back in "
            f"{time.perf_counter() - began:.2f} s"
        )
        tenth = max(1, trials // 10)
        for name, part in (("first", seconds[:tenth]), ("last", seconds[-tenth:])):
            print(f"one report, {name} tenth: {1e6 * statistics.median(part):.0f} microseconds")


def main() -> int:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--journal", type=int, default=10_000)
    options = parser.parse_args()
    cost_over_journal(options.journal)
    memory_over_trials(options.trials)
    return 0


if __name__ == "__main__":
    sys.exit(main())
