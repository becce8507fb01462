"""docs/your-data.md: every file of the page is made, and every command and code of it run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import predict
import train
import tune
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGE = (ROOT / "docs/your-data.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SECTIONS = {
    section.split("\n", 1)[0]: re.findall(r"^ +python (.*)$", section, re.MULTILINE)
    for section in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]
}
SHORT = ["--max-trials", "1", "--max-epochs", "2", "--executor", "serial"]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of somebody who has made the files of the page."""
    (code,) = [block for block in BLOCKS if block.startswith("# make_data.py")]
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> None:
    program, *words = shlex.split(command)
    if program == "tune.py":
        assert tune.main([*words, *SHORT]) == 0
    else:
        assert {"train.py": train.main, "predict.py": predict.main}[program](words) == 0


@pytest.mark.parametrize("section", [name for name, commands in SECTIONS.items() if commands])
def test_every_command_runs(section: str, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in SECTIONS[section]:
        run(command)
    if section == "Predictions":
        answers = pd.read_csv("answers.csv")
        assert list(answers) == ["prediction", "probability_no", "probability_yes"]
        assert len(answers) == 5


def test_the_saved_model_serves_code_without_this_repository(page: Path) -> None:
    for command in SECTIONS["Predictions"]:
        run(command)
    raw, frames = (
        next(block for block in BLOCKS if block.startswith(beginning))
        for beginning in ("import keras\n", "import json\n")
    )
    code = f"{raw}\n{frames}\nframe.to_csv('by_hand.csv', index=False)\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=page, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "['age', 'city', 'since', 'member', 'zip']" in done.stdout
    by_hand, answers = pd.read_csv("by_hand.csv"), pd.read_csv("answers.csv")
    assert np.array_equal(by_hand["prediction"], answers["prediction"])
