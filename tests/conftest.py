"""What the tests share: small searches, run as people run them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from data import Dataset, Split
from data.columns import Column
from tuner.starting.process_settings import ProcessSettings, start_tensorflow

# Shared machines are slow at times, which is no fault of a test.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

ROOT = Path(__file__).parent.parent

# A search of a few seconds: real in every respect, only short.
SMALL = ("--dataset", "wine", "--max-trials", "3", "--max-epochs", "3", "--folds", "0")


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


@pytest.fixture
def orders() -> Dataset:
    """60 orders with a column of every kind: numbers with a large offset, a date that may be
    missing, few and many categories, and a text. Columns have names that Keras uses itself."""
    rng = np.random.default_rng(0)
    days = [f"2024-0{i % 9 + 1}-{i % 28 + 1:02} {i % 24:02}:15:00" for i in range(240)]
    words = ["red", "blue", "small", "large", "shoes", "hat", ""]
    x = {
        "numbers": 5_000_000 + rng.normal(size=240) / 100,
        "trained": np.where(rng.random(240) < 0.1, np.nan, rng.normal(size=240)),
        "texts": np.array(["paid", "open", ""] * 80, object),
        "preprocessing": np.array([day if i % 10 else "" for i, day in enumerate(days)], object),
        "concatenate": np.array([f"customer {i % 55}" for i in range(240)], object),
        "small": np.array([" ".join(rng.choice(words, 5)) for _ in range(240)], object),
    }
    split = Split(x, rng.integers(0, 2, 240).astype(np.int32))
    kinds = ["number", "number", "category", "date", "category", "text"]
    return Dataset(
        name="orders",
        task="classification",
        train=split.take(np.arange(120)),
        validation=split.take(np.arange(120, 180)),
        test=split.take(np.arange(180, 240)),
        feature_names=tuple(x),
        class_names=("kept", "returned"),
        seed=0,
        columns=tuple(Column(*both) for both in zip(x, kinds, strict=True)),
    )
