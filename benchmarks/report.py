"""What the report of a large search takes: ``python -m benchmarks.report --trials 1000``.

Prints the size of ``report.html``, the CPU time to make it, and how long headless Chromium takes to
open it from disk and draw the whole page, beyond what an empty page takes. The search is made up.
"""

import argparse
import json
import math
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tuner.command_line.options import SearchOptions
from tuner.findings import findings_of
from tuner.reporting.report.page import write_report
from tuner.storage.journal import Event
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event, epoch_event, started_event
from tuner.trials.record import read_record
from tuner.trials.trial import EpochReport, Trial, TrialResult

EPOCHS = 30


def main() -> None:
    """Make up a search, make its report, open it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "made-up"
        make_up(run, trials)
        began = time.process_time()
        search = read_record(run)
        read = time.process_time()
        write_report(search, findings_of(search))
        made = time.process_time()
        page = run / "report.html"
        print(f"{trials} trials of {EPOCHS} epochs")
        print(
            f"journal read in {read - began:.2f} s, report made in {made - read:.2f} s of CPU time"
        )
        print(f"report.html: {page.stat().st_size / 1e6:.2f} MB")
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        if browser is None:
            print("no Chromium here: opening it was not measured")
            return
        empty = Path(folder) / "empty.html"
        empty.write_text("<!DOCTYPE html><title>empty</title>")
        seconds = [min(opened(browser, path) for _ in range(3)) for path in (empty, page)]
        print(
            f"opened and drawn in {seconds[1] - seconds[0]:.2f} s (empty page: {seconds[0]:.2f} s)"
        )


def opened(browser: str, page: Path) -> float:
    """Return the seconds from the start of the browser to a picture of the whole page."""
    with tempfile.TemporaryDirectory() as profile:
        began = time.perf_counter()
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *(f"--user-data-dir={profile}", f"--screenshot={profile}/page.png"),
                *("--window-size=1200,6000", page.as_uri()),
            ],
            capture_output=True,
            check=True,
        )
        return time.perf_counter() - began


def make_up(run: Path, trials: int) -> None:
    """Write the journal and the configuration of a search that never was."""
    run.mkdir()
    chance = random.Random(0)
    options = SearchOptions(max_trials=trials, max_epochs=EPOCHS, model="mlp")
    config = {
        "command": f"python tune.py --max-trials {trials}",
        "options": options.as_dict(),
        "dataset": {"name": "made up", "task": "classification", "fingerprint": "0"},
        "examples": {"train": 50000, "validation": 5000, "test": 5000},
        "model": "mlp",
        "roles": {"depth": "scientific", "width": "scientific"},
        "search_space": SPACE,
        "objective": {"name": "val_accuracy", "direction": "max"},
        "seed": 0,
        "versions": {"python": "3"},
    }
    (run / "config.json").write_text(json.dumps(config))
    with open(run / "journal.jsonl", "w") as journal:
        for number in range(trials):
            for event in trial_events(number, chance):
                journal.write(json.dumps(event) + "\n")


def trial_events(number: int, chance: random.Random) -> list[Event]:
    """Return the events of a trial with random values, whose score depends on them."""
    values: dict[str, Any] = {
        "learning_rate": 10 ** chance.uniform(-5, -1),
        "batch_size": 2 ** chance.randint(4, 9),
        "depth": chance.randint(1, 8),
        "width": 2 ** chance.randint(5, 12),
        "dropout": chance.uniform(0.1, 0.5),
        "schedule": chance.choice(["constant", "warmup_cosine"]),
    }
    if number == 0:
        values = {name: kind["config"]["default"] for name, kind in SPACE.items()}
    trial = Trial(number, values)
    told = [created_event(trial), started_event(trial, 0)]
    if values["learning_rate"] > 0.05 and values["depth"] > 4:
        reason = "diverged: loss is nan in epoch 1"
        return [*told, ended_event(trial, TrialResult(number, 0, Cause.DIVERGED, reason=reason))]
    distance = abs(math.log10(values["learning_rate"]) + 3) / 2 + abs(values["depth"] - 4) / 16
    reach = max(0.96 - 0.3 * distance, 0.1)
    scores = []
    for epoch in range(1, EPOCHS + 1):
        score = reach * (1 - math.exp(-epoch / 5)) + chance.gauss(0, 0.004)
        metrics = {
            "loss": 2.3 * math.exp(-epoch * reach / 8),
            "val_loss": 2.4 * math.exp(-epoch * reach / 9) + abs(chance.gauss(0, 0.01)),
            "val_accuracy": score,
        }
        scores.append(score)
        told.append(epoch_event(EpochReport(number, 0, epoch, metrics, chance.uniform(0.5, 1.0))))
    best = max(range(EPOCHS), key=scores.__getitem__)
    seconds = EPOCHS * 0.75 + chance.uniform(1, 3)
    result = TrialResult(number, 0, Cause.FINISHED, scores[best], best + 1, seconds)
    return [*told, ended_event(trial, result)]


def _range(name: str, default: float, low: float, high: float, **details: Any) -> dict[str, Any]:
    kind = "Float" if isinstance(low, float) else "Int"
    config = {"name": name, "default": default, "min_value": low, "max_value": high, **details}
    return {"class_name": kind, "config": config}


SPACE = {
    "learning_rate": _range("learning_rate", 1e-3, 1e-5, 1e-1, sampling="log"),
    "batch_size": _range("batch_size", 32, 16, 512, sampling="log", step=2),
    "depth": _range("depth", 2, 1, 8, sampling="linear", step=1),
    "width": _range("width", 128, 32, 4096, sampling="log", step=2),
    "dropout": _range("dropout", 0.1, 0.1, 0.5, sampling="linear"),
    "schedule": {
        "class_name": "Choice",
        "config": {
            "name": "schedule",
            "default": "constant",
            "values": ["constant", "warmup_cosine"],
            "ordered": False,
        },
    },
}

if __name__ == "__main__":
    main()
