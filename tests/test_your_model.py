"""docs/your-model.md: every file of the page is written, and every command of it run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import train
import tune
from tests.conftest import ROOT
from tests.test_tune import rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGE = (ROOT / "docs/your-model.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FILES = {block.split()[1]: block for block in BLOCKS if block.startswith("# ")}
SEARCHES = re.findall(r"^    python tune\.py (.*)$", PAGE, re.MULTILINE)
EXAMPLES = [command for command in SEARCHES if "docs/examples" not in command]
SHORT = ("--max-trials", "3", "--max-epochs", "2", "--executor", "serial", "--run", "a")
SHORT += ("--folds", "0")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of somebody who has copied all files of the page."""
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    made = subprocess.run([sys.executable, "make_patients.py"], cwd=tmp_path)
    assert made.returncode == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def searched(command: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    assert tune.main([*shlex.split(command), *SHORT]) == 0, capsys.readouterr()
    table = rows(Path("runs/a"))
    assert [row["status"] for row in table] == ["completed"] * len(table)
    return table


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_command_searches(
    command: str, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = searched(command, capsys)
    assert len(table) == (2 if "smallest.py" in command else 3)  # It has two values in all.
    by_number = "by_number.py" in command
    assert {row["epochs"] for row in table} == {"1" if by_number else "2"}
    assert ("default_objective min" in capsys.readouterr().out) == by_number


def test_every_file_is_searched_or_run() -> None:
    named = {Path(word.split(":")[0]).name for word in " ".join(EXAMPLES).split()}
    assert set(FILES) - named == {"make_patients.py"}
    (other,) = set(SEARCHES) - set(EXAMPLES)
    file, name = other.split("--model ")[1].split()[0].split(":")
    assert f"class {name}(" in (ROOT / file).read_text()  # It has a test of its own.


def test_a_registered_layer_loads_where_its_file_was_imported(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (command,) = [one for one in EXAMPLES if "gated.py" in one]
    searched(command, capsys)
    assert "    python train.py\n" in PAGE
    assert train.main([]) == 0
    (load,) = [block for block in BLOCKS if block.startswith("import gated")]
    examples = f"import numpy as np; examples = np.array({np.zeros((2, 10)).tolist()})\n"
    done = subprocess.run(
        [sys.executable, "-c", examples + load],
        cwd=page,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("[") == 3  # Two rows of one number.
