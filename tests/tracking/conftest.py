"""A search that all trackers follow, for the tests that need their packages."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tuner.storage.journal import read_journal
from tuner.trials.record import SearchRecord, read_record
from tuner.trials.trial import Trial

MODEL = """
import keras

def build(hp):
    if hp.Choice("fault", ["none", "raises"]) == "raises":
        raise RuntimeError("the layers do not fit")
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential(layers)
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model
"""


@dataclass(frozen=True)
class Tracked:
    """A search that was killed and resumed: its folder, its trials, what the second part said."""

    runs: Path
    record: SearchRecord
    output: str

    @property
    def trials(self) -> dict[str, Trial]:
        """The trials by what trackers call them."""
        return {f"trial-{n:04d}": trial for n, trial in self.record.history.trials.items()}


@pytest.fixture(scope="session")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Tracked:
    """Search with all trackers; kill the driver after some epochs; go on, then once more."""
    runs = tmp_path_factory.mktemp("tracked")
    (runs / "model.py").write_text(MODEL)
    options = ["--dataset", "digits", "--model", f"{runs / 'model.py'}:build", "--folds", "0"]
    options += ["--strategy", "grid", "--max-epochs", "12", "--max-trials", "4", "--track-model"]
    options += [word for name in ("wandb", "mlflow", "trackio") for word in ("--track", name)]
    place = ["--run", "a", "--runs-dir", str(runs), "--executor", "serial"]
    began = subprocess.Popen([sys.executable, "tune.py", *options, *place], cwd=ROOT)
    while sum(e["event"] == "epoch" for e in read_journal(runs / "a/journal.jsonl").events) < 8:
        assert began.poll() is None
        time.sleep(0.05)
    os.kill(began.pid, signal.SIGKILL)
    began.wait()
    for more in ([], ["--max-trials", "6"]):
        done = subprocess.run(
            [sys.executable, "tune.py", *place, *more], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert not [line for line in done.stderr.splitlines() if "left out" in line]
    return Tracked(runs, read_record(runs / "a"), done.stdout)
