"""Kills searches at random moments, and looks at what is left: python -m benchmarks.survival

Each kill hits the driver, a worker, or all processes of a small search, and is followed by a
resume. Looked for after each: completed trials lost or run twice, files that cannot be read. At the
end of each search: whether its trials are those of one that nobody disturbed .
"""

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from tuner.search.loop import RETRIES
from tuner.storage.journal import read_journal

ROOT = Path(__file__).parent.parent
SEARCH = ("--dataset", "wine", "--max-trials", "12", "--max-epochs", "12", "--workers", "2")
VICTIMS = ("driver", "worker", "all")


def start_search(runs: Path, name: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a search, or resume it."""
    place = ("--runs-dir", str(runs), "--run", name)
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tune.py"), *options, *place],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen[bytes], victim: str, dice: random.Random) -> bool:
    """Kill a search or a part of it; return whether anything was there to be killed."""
    try:
        driver = psutil.Process(process.pid)
        processes = driver.children(recursive=True)
        # Theirs is a fork server, on Linux.
        workers = [
            one
            for one in processes
            if one.ppid() != driver.pid or "spawn_main" in " ".join(one.cmdline())
        ]
        chosen = {"driver": [driver], "worker": workers, "all": [driver, *processes]}[victim]
        if victim == "worker":
            chosen = [dice.choice(workers)] if workers else []
        for one in chosen:
            one.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return bool(chosen)


def ended(run: Path) -> list[int]:
    """Return the numbers of the trials that the journal says have ended, as often as it says so."""
    events = read_journal(run / "journal.jsonl").events
    return [event["trial"] for event in events if event["event"] == "trial_ended"]


def results(run: Path) -> list[tuple[str, ...]]:
    """Return what ``trials.csv`` says of each trial, times left out."""
    with open(run / "trials.csv", newline="", encoding="utf-8") as file:
        return [tuple(v for k, v in row.items() if k != "seconds") for row in csv.DictReader(file)]


def faults(run: Path, before: list[int]) -> list[str]:
    """Return what is wrong with a run directory after a kill."""
    found = []
    now = ended(run)
    if now[: len(before)] != before:
        found.append("a completed trial is lost")
    if len(set(now)) != len(now):
        found.append("a trial has ended twice")
    if read_journal(run / "journal.jsonl").damage:
        found.append("the journal is damaged")
    for path in run.glob("*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found.append(f"{path.name} cannot be read")
    return found


def disturbed_search(runs: Path, name: str, kills: int, dice: random.Random) -> Counter[str]:
    """Run a search to its end through up to `kills` kills; return how often what happened."""
    run, seen = runs / name, Counter[str]()
    while True:
        process = start_search(runs, name, *SEARCH)
        workers_killed = 0
        while process.poll() is None and seen["kills"] < kills:
            before = ended(run)
            time.sleep(dice.uniform(0.0, 9.0))
            # A trial that loses its worker three times in a row counts as its killer, rightly.
            spared = workers_killed >= RETRIES
            victim = dice.choice(("driver", "all") if spared else VICTIMS)
            if process.poll() is None and kill(process, victim, dice):
                seen["kills"] += 1
                seen[f"kills of {victim}"] += 1
                if victim == "worker":
                    workers_killed += 1
                else:
                    process.wait()
                for fault in faults(run, before):
                    seen[f"FAULT: {fault}"] += 1
        if process.wait() == 0:
            return seen


def main() -> int:
    """Print the figures; return 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--a-search", type=int, default=20, help="most kills of one search")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dice, total = random.Random(options.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        start_search(runs, "undisturbed", *SEARCH).wait()
        undisturbed = results(runs / "undisturbed")
        while total["kills"] < options.kills:
            name = f"disturbed-{total['searches']}"
            left = min(options.a_search, options.kills - total["kills"])
            total += disturbed_search(runs, name, left, dice)
            total["searches"] += 1
            total["searches equal to the undisturbed one"] += results(runs / name) == undisturbed
            print(dict(total), flush=True)
    return int(
        any(key.startswith("FAULT") for key in total)
        or total["searches"] != total["searches equal to the undisturbed one"]
    )


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    sys.exit(main())
