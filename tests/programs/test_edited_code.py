"""A search goes on after an edit of its code: never in silence, and every trial knows its code."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tests.conftest import ROOT, SMALL
from tuner.storage.journal import read_journal
from tuner.storage.run_directory import saved_config
from tuner.trials.record import read_record

pytestmark = pytest.mark.timeout(400)

OWN = """
import keras

from layers import hidden

def build_model(hp, input_shape, num_classes):
    layers = [keras.Input(input_shape), hidden(hp), keras.layers.Dense(num_classes)]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model
"""
LAYERS = """
import keras

def hidden(hp):
    return keras.layers.Dense(hp.Int("units", 8, 64), activation="relu")
"""


class Copy:
    """A copy of the programs, whose code can be edited."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.run = folder, folder / "runs/a"
        for part in ("data", "model", "tuner"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        for program in ("tune.py", "train.py"):
            shutil.copy(ROOT / program, folder)

    def start(self, program: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, program, "--run", "a", *options],
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        )

    def __call__(self, program: str, *options: str) -> tuple[int, str, str]:
        """Run a program to its end; return status, standard output and error."""
        process = self.start(program, *options)
        output, error = process.communicate(timeout=200)
        return process.returncode, output, error

    def edit(self, name: str) -> None:
        with open(self.folder / name, "a") as file:
            file.write("# Edited.\n")

    def files(self) -> dict[str, bytes]:
        paths = [path for path in self.run.rglob("*") if path.is_file() and path.name != "lock"]
        return {str(path): path.read_bytes() for path in paths}

    def codes(self) -> list[str | None]:
        trials = read_record(self.run).history.trials
        return [trials[number].code for number in sorted(trials)]

    def events(self, kind: str) -> list[dict[str, Any]]:
        events = read_journal(self.run / "journal.jsonl").events
        return [event for event in events if event["event"] == kind]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def refusal(error: str) -> str:
    (line,) = [line for line in error.splitlines() if "error: " in line]
    return line


def test_an_edit_is_refused_or_accepted_and_recorded(copy: Copy) -> None:
    assert copy("tune.py", *SMALL)[0] == 0
    (code,) = set(copy.codes())
    before, kept = saved_config(copy.run), copy.files()
    assert before is not None

    copy.edit("model/mlp.py")
    (copy.folder / "model/another.py").write_text("")
    status, _, error = copy("tune.py", "--max-trials", "4")
    assert status == 2
    assert "model/another.py added, model/mlp.py changed" in refusal(error)
    assert "--accept-code" in refusal(error)
    assert copy.files() == kept
    # Nor is anything measured beside it in silence.
    assert copy("tune.py", "--probe-batch-size")[0] == 2
    # Another search stays one, and the edit may be why.
    status, _, error = copy("tune.py", "--seed", "1", "--accept-code")
    assert status == 2
    assert "seed is 0 there and 1 here" in refusal(error)
    assert "model/mlp.py changed" in refusal(error)
    assert copy.files() == kept

    status, output, _ = copy("tune.py", "--max-trials", "4", "--accept-code")
    assert status == 0
    edited = "model/another.py added, model/mlp.py changed"
    assert output.startswith(f"Going on with edited code: {edited}\n")
    after = saved_config(copy.run)
    assert after is not None
    (event,) = copy.events("code_accepted")
    assert event["files"]["model/another.py"] == [None, after["code"]["model/another.py"]]
    assert event["files"]["model/mlp.py"] == [
        before["code"]["model/mlp.py"],
        after["code"]["model/mlp.py"],
    ]
    assert len(event["files"]) == 2
    *first, last = copy.codes()
    assert first == [code] * 3
    assert [code, last] == event["code"]
    assert last != code

    # It is known from now on, and the next edit is another one.
    assert copy("tune.py", "--max-trials", "5")[0] == 0
    assert copy.codes() == [code] * 3 + [last] * 2
    assert len(copy.events("code_accepted")) == 1
    assert f"trials 0-2 with {code}, 3-4 with {last}" in (copy.run / "report.html").read_text()
    copy.edit("data/split.py")
    status, _, error = copy("tune.py", "--max-trials", "6")
    assert status == 2
    assert "data/split.py changed" in refusal(error)


@pytest.mark.slow
def test_a_training_says_that_the_code_is_not_that_of_the_trial(copy: Copy) -> None:
    assert copy("tune.py", *SMALL, "--max-trials", "2")[0] == 0
    unedited = (copy.folder / "model/mlp.py").read_text()
    copy.edit("model/mlp.py")
    status, _, error = copy("train.py", "--trial", "0")
    assert status == 0
    assert "warning: model/mlp.py edited since trial 0 of a ran" in error
    # After the edit was accepted, each trial has its own.
    assert copy("tune.py", "--max-trials", "3", "--accept-code")[0] == 0
    assert "edited" not in copy("train.py", "--trial", "2")[2]
    (copy.folder / "model/mlp.py").write_text(unedited)
    assert "edited" not in copy("train.py", "--trial", "0")[2]
    assert "model/mlp.py edited since trial 2" in copy("train.py", "--trial", "2")[2]


def test_a_model_of_ones_own_counts_with_what_it_imports(copy: Copy) -> None:
    """Here beside the programs, none of which is a part of it."""
    (copy.folder / "mine.py").write_text(OWN)
    (copy.folder / "layers.py").write_text(LAYERS)
    assert copy("tune.py", *SMALL, "--max-trials", "1", "--model", "mine.py")[0] == 0
    config = saved_config(copy.run)
    assert config is not None
    own = {name for name in config["code"] if name.split("/")[0] not in ("data", "model")}
    assert own == {"mine.py", "layers.py"}
    copy.edit("tuner/launch.py")
    assert copy("tune.py", "--max-trials", "2")[0] == 0
    copy.edit("layers.py")
    status, _, error = copy("tune.py", "--max-trials", "3")
    assert status == 2
    assert "layers.py changed: --accept-code" in refusal(error)


def test_an_interrupted_trial_starts_again_with_edited_code(copy: Copy) -> None:
    assert copy("tune.py", *SMALL, "--max-trials", "2")[0] == 0
    journal = copy.run / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert json.loads(lines[-1])["event"] == "trial_ended"
    journal.write_bytes(b"".join(lines[:-1]))
    # As if the trial had been saved when it was killed: nobody must read what this file has.
    saved = copy.run / "checkpoints/running/trial-0001.npz"
    saved.parent.mkdir(parents=True, exist_ok=True)
    np.savez(saved, epochs=1)
    copy.edit("model/mlp.py")
    assert copy("tune.py", "--accept-code")[0] == 0
    again = copy.events("trial_started")[-1]
    assert (again["trial"], again["attempt"], again["epochs"]) == (1, 1, 0)
    assert read_record(copy.run).history.trials[1].cause == "finished"


@pytest.mark.slow
def test_a_worker_that_is_replaced_after_an_edit_says_so(copy: Copy) -> None:
    options = ("--dataset", "wine", "--max-trials", "8", "--max-epochs", "30", "--pruner", "none")
    options += ("--folds", "0")
    process = copy.start("tune.py", *options, "--executor", "processes", "--workers", "1")
    end = time.monotonic() + 120
    while not (copy.run / "journal.jsonl").exists() or not copy.events("trial_ended"):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    copy.edit("model/mlp.py")
    driver = psutil.Process(process.pid)
    for worker in set(driver.children(recursive=True)) - set(driver.children()):
        worker.kill()
    _, error = process.communicate(timeout=200)
    assert process.returncode == 0
    assert "warning: edited while the search runs: model/mlp.py changed" in error
    first, *_, last = copy.codes()
    assert first is not None
    assert last is not None
    assert first != last
    # The driver went on with what it began with.
    assert {event["code"] for event in copy.events("trial_started")} == {first}
