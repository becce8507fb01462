"""docs/extending.md, followed to the letter in a copy: each part is a file and an entry."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL

pytestmark = pytest.mark.timeout(400)

PAGE = (ROOT / "docs/extending.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n# ([\w/.]+)(?:, in (\w+))?\n(.*?)```", PAGE, re.DOTALL)
# What may be new, and what may be changed.
FILES = {file for file, table, _ in BLOCKS if not table}
TABLE = "tuner/command_line/choices.py"

Tune = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Tune:
    """The program of a copy to which all parts of the page were added."""
    copy = tmp_path_factory.mktemp("copy")
    for part in ("data", "model", "tuner"):
        shutil.copytree(ROOT / part, copy / part)
    shutil.copy(ROOT / "tune.py", copy)
    for file, table, code in BLOCKS:
        path = copy / file
        if not table:
            assert not path.exists()
            path.write_text(code)
            continue
        assert file == TABLE
        beginning = f"\n{table} = {{\n"
        assert path.read_text().count(beginning) == 1
        path.write_text(path.read_text().replace(beginning, beginning + code))

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "tune.py", *options]
        return subprocess.run(words, cwd=copy, capture_output=True, text=True, timeout=300)

    run.copy = copy  # type: ignore[attr-defined]
    return run


def test_each_kind_of_part_is_on_the_page() -> None:
    assert {Path(file).parent.name for file in FILES} == {
        "oracles",
        "pruners",
        "execution",
        "reporting",
        "tracking",
    }
    assert len(BLOCKS) == 2 * len(FILES)


def test_a_search_runs_with_all_of_them(tune: Tune) -> None:
    done = tune(
        *SMALL,
        *("--strategy", "halton", "--halton-skip", "5", "--pruner", "threshold"),
        *("--threshold", "0.001", "--executor", "one-by-one", "--max-trials", "8", "--run", "a"),
        *("--track", "text"),
    )
    assert done.returncode == 0, done.stderr
    run = tune.copy / "runs/a"  # type: ignore[attr-defined]
    assert (run / "status.txt").read_text().startswith("8 trials, best: ")
    assert "behind the best" in (run / "trials.csv").read_text()
    curves = (run / "curves.txt").read_text()
    assert all(f"trial-{number:04d} {{'status': " in curves for number in range(8))
    assert "trial-0000 1 {'accuracy': " in curves
    config = json.loads((run / "config.json").read_text())
    assert (config["halton_skip"], config["threshold"]) == (5, 0.001)
    assert "Traceback" not in done.stderr + done.stdout
    assert "warning" not in done.stderr


def test_settings_are_in_the_help_and_in_the_identity(tune: Tune) -> None:
    told = " ".join(tune("--help").stdout.split())
    assert "for --pruner threshold: how far (default: 0.5)" in told
    assert "points left out at first (default: 1)" in told
    assert (
        "{serial,processes,ray,one-by-one}" in told or "{one-by-one,serial,processes,ray}" in told
    )
    changed = tune("--run", "a", "--halton-skip", "6")
    assert changed.returncode == 2
    assert "--halton-skip is 5 there and 6 here" in changed.stderr
    refused = tune(*SMALL, "--threshold", "0.3")
    assert refused.returncode == 2
    assert "--threshold belongs to --pruner threshold, and the pruner is curve" in refused.stderr


def test_a_new_strategy_serves_a_stock_tuner(tune: Tune) -> None:
    code = (
        "import keras_tuner; from tuner.oracles import ORACLES\n"
        "hp = keras_tuner.HyperParameters(); hp.Float('x', 0, 1)\n"
        "oracle = ORACLES['halton'](objective='val_loss', seed=0, hyperparameters=hp, skip=3)\n"
        "print(oracle.create_trial('a').hyperparameters.values['x'])"
    )
    copy = tune.copy  # type: ignore[attr-defined]
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 1
