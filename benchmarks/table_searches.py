"""How good is what a search ships for real tables, and what does it cost?

    python -m benchmarks.table_searches FOLDER --runs RUNS [--seeds 0,1,2] [-- options of tune.py]

FOLDER is as for `benchmarks.table_parts`, and so are errors, and their ratios to those of boosting.
Each table is searched by `tune.py`, and `train.py` trains the best configuration, alone and with
`--ensemble 5`, each in a process of its own. What is done is kept in RUNS: the same command goes on
after an interruption.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.table_parts import FLOOR, baselines
from data import load_dataset

ROOT = Path(__file__).parent.parent
SHIPPED = ("searched", "ensemble")


def measured(path: Path, task: str, seed: int, runs: Path, options: list[str]) -> dict[str, Any]:
    """Return errors and seconds of CPU of one table and seed; from its run when they are there."""
    name = f"{path.stem}-{seed}"
    file = runs / name / "measured.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    place = ["--run", name, "--runs-dir", str(runs)]
    if "tune_cpu" not in known:
        data = ["--dataset", str(path), "--task", task, "--seed", str(seed)]
        known["tune_cpu"] = cpu_of("tune.py", *data, *place, *options)
    ways = {"searched": [], "ensemble": ["--ensemble", "5"]}
    for way, asked in ways.items():
        if way not in known:
            known[f"{way}_cpu"] = cpu_of("train.py", *place, *asked)
            metrics = json.loads((runs / name / "train" / "metrics.json").read_text())["test"]
            loss = task == "regression"
            known[way] = metrics["loss"] if loss else 1 - metrics["accuracy"]
    if "boosting" not in known:
        known["constant"], known["boosting"], known["linear"] = baselines(path, task, seed)
    file.write_text(json.dumps(known))
    return known


def cpu_of(program: str, *arguments: str) -> float:
    """Run a program to its end, and return the seconds of CPU that it took."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, program, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(arguments)}: {done.stderr[-2000:]}")
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def ratio(found: list[dict[str, Any]], way: str, to: str = "boosting") -> float:
    """Return the ratio of the mean errors of the seeds of a table."""
    mean = {key: float(np.mean([one[key] for one in found])) for key in (way, to, "constant")}
    floor = FLOOR * mean["constant"]
    return (mean[way] + floor) / (mean[to] + floor)


def main() -> None:
    """Search all tables, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("options", nargs="*", help="options of tune.py, after --")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    tasks_file = arguments.folder / "tasks.json"
    tasks = json.loads(tasks_file.read_text()) if tasks_file.exists() else {}
    found = {}
    for path in sorted(arguments.folder.glob("*.csv")):
        task = tasks.get(path.stem) or load_dataset(str(path)).task
        found[path.stem] = [
            measured(path.resolve(), task, seed, arguments.runs.resolve(), arguments.options)
            for seed in seeds
        ]
        ratios = ", ".join(f"{way} {ratio(found[path.stem], way):.2f}" for way in SHIPPED)
        print(f"{path.stem}: {ratios}", flush=True)
    Console().print(_table(found))


def _table(found: dict[str, list[dict[str, Any]]]) -> Table:
    table = Table(title="errors; ratios to that of HistGradientBoosting")
    errors = ("constant", "linear", "boosting", "searched")
    table.add_column("table")
    for column in (*errors, *SHIPPED, "searched / linear", "CPU s"):
        table.add_column(column, justify="right")
    for name, seeds in found.items():
        cpu = np.mean([one["tune_cpu"] + one["searched_cpu"] for one in seeds])
        table.add_row(
            name,
            *(f"{np.mean([one[key] for one in seeds]):.3f}" for key in errors),
            *(f"{ratio(seeds, way):.2f}" for way in SHIPPED),
            f"{ratio(seeds, 'searched', 'linear'):.2f}",
            f"{cpu:.0f}",
        )
    pairs = [*((way, "boosting") for way in SHIPPED), ("searched", "linear")]
    logs = {pair: np.log([ratio(seeds, *pair) for seeds in found.values()]) for pair in pairs}
    spread = {pair: float(np.std(logs[pair], ddof=1) / len(found) ** 0.5) for pair in pairs}
    means = [f"{np.exp(logs[pair].mean()):.3f} ± {100 * spread[pair]:.0f} %" for pair in pairs]
    table.add_row("geometric mean", *[""] * len(errors), *means, end_section=True)
    return table


if __name__ == "__main__":
    main()
