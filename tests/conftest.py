"""What the tests share: small searches, run as people run them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tuner.execution.process_settings import ProcessSettings, start_tensorflow

# Shared machines are slow at times, which is no fault of a test.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

ROOT = Path(__file__).parent.parent

# A search of a few seconds: real in every respect, only short.
SMALL = ("--dataset", "wine", "--max-trials", "3", "--max-epochs", "3")


# As in a deterministic search, of which the tests run many in this process. Here, since test files
# that are collected import what uses TensorFlow.
start_tensorflow(ProcessSettings(threads=1))


def run_program(
    program: str, *options: str, seconds: float = 110
) -> subprocess.CompletedProcess[str]:
    """Run ``tune.py``, ``train.py`` or ``predict.py`` as a process of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / program), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
    )


@dataclass(frozen=True)
class FinishedSearch:
    """A search that ended well: its folder, and what it printed."""

    runs: Path
    path: Path
    output: str


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedSearch:
    """A small search, run once for all tests that only look at what it left."""
    runs = tmp_path_factory.mktemp("runs")
    done = run_program("tune.py", *SMALL, "--run", "small", "--runs-dir", str(runs))
    assert done.returncode == 0, done.stderr
    return FinishedSearch(runs, runs / "small", done.stdout)
