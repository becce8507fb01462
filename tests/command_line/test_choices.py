"""What is chosen by name is added with its file and its entry: tried in a copy."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, SMALL

RULE = '''
"""Stops a trial after some epochs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Short:
    epochs: int = 2

    def __call__(self, number, curve, known):
        return "short" if len(curve) >= self.epochs else None
'''
ENTRY = """
    "short": Choice(
        "tuner.pruners.short:Short",
        {"short_epochs": Setting("for --pruner short: epochs", 2, "N", positive, keyword="epochs")},
    ),
"""


def test_a_pruner_with_a_setting_is_a_file_and_an_entry(tmp_path: Path) -> None:
    for part in ("data", "model", "tuner"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "tune.py", tmp_path)
    (tmp_path / "tuner/pruners/short.py").write_text(RULE)
    table = tmp_path / "tuner/command_line/choices.py"
    table.write_text(table.read_text().replace("PRUNERS = {", f"PRUNERS = {{{ENTRY}"))

    def tune(*options: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "tune.py", *options]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=110)

    assert "for --pruner short: epochs (default: 2)" in " ".join(tune("--help").stdout.split())
    asked = ("--pruner", "short", "--short-epochs", "1", "--run", "a", "--max-trials", "8")
    done = tune(*SMALL, *asked)
    assert done.returncode == 0, done.stderr
    assert ",short" in (tmp_path / "runs/a/trials.csv").read_text().replace(" ", ",")
    config = json.loads((tmp_path / "runs/a/config.json").read_text())
    assert (config["short_epochs"], config["options"]["short_epochs"]) == (1, 1)
    assert (
        "--short-epochs is 1 there and 2 here" in tune("--run", "a", "--short-epochs", "2").stderr
    )
    refused = tune(*SMALL, "--short-epochs", "2")
    assert refused.returncode == 2
    assert "--short-epochs belongs to --pruner short, and the pruner is curve" in refused.stderr
