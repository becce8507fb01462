"""Trainings at once: the same as one after the other, and what breaks is told."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

import train
from tests.conftest import ROOT, FinishedSearch, run_program
from tuner.retraining import side_by_side
from tuner.starting.process_settings import ProcessSettings

WINE = ("--default", "--dataset", "wine")

BREAKS = """
import multiprocessing, os, signal
import keras

class OddError(Exception):
    def __init__(self, what, why):
        super().__init__(f"{{what}} for {{why}}")

def build_model(hp, input_shape, num_classes):
    if multiprocessing.parent_process() is not None:
        {fault}
    model = keras.Sequential([keras.Input(input_shape), keras.layers.Dense(num_classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model
"""


def left_by(folder: Path) -> tuple[Any, set[str]]:
    """Return the seeds' scores and those of members, and the names of the curves."""
    assert not (folder / "plan").exists()
    metrics = json.loads((folder / "metrics.json").read_text())
    curves = {path.name for path in (folder / "tensorboard").iterdir()}
    timed = [*metrics["seeds"], metrics.get("ensemble", {})]
    timeless = [{k: v for k, v in one.items() if k != "seconds"} for one in timed]
    return (timeless, metrics["test"]), curves


@pytest.fixture
def one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the tests themselves have: on how many a sum is divided, its rounding depends."""
    one = [ProcessSettings(threads=1)]
    monkeypatch.setattr(side_by_side, "process_settings", lambda workers, deterministic: one)


@pytest.mark.parametrize(
    "options", [("--seeds", "3"), ("--ensemble", "2"), ("--against-default", "--seeds", "2")]
)
def test_at_once_they_are_those_of_one_after_the_other(
    options: tuple[str, ...], finished: FinishedSearch, one_thread_each: None
) -> None:
    search = ("--run", "small", "--runs-dir", str(finished.runs), "--trial", "1")
    left = []
    for workers in ("1", "3"):
        assert train.main([*search, *options, "--max-epochs", "4", "--workers", workers]) == 0
        left.append(left_by(finished.path / "train"))
    assert left[0] == left[1]


def test_without_a_place_for_the_socket_of_a_fork_server(tmp_path: Path) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    options = ("--seeds", "2", "--workers", "2", "--max-epochs", "2", "--runs-dir", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "train.py", *WINE, *options],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(long)},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0
    assert not done.stderr
    assert "over 2 seeds" in done.stdout


def broken(tmp_path: Path, fault: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "breaks.py").write_text(BREAKS.format(fault=fault))
    model = ("--model", str(tmp_path / "breaks.py"), "--max-epochs", "2")
    place = ("--runs-dir", str(tmp_path), "--seeds", "2", "--workers", "2")
    return run_program("train.py", *WINE, *model, *place)


def test_what_is_left_when_a_process_is_killed_is_trained_one_after_the_other(
    tmp_path: Path,
) -> None:
    done = broken(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    assert done.returncode == 0, done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("warning: 2 trainings at the same time failed, perhaps for want of ")
    assert line.endswith("what is left is trained one after the other")
    assert "over 2 seeds" in done.stdout
    [folder] = tmp_path.glob("*/train")
    (seeds, _), curves = left_by(folder)
    assert len(seeds) == 3  # That of the ensemble is empty.
    assert {"seed-0", "seed-1"} <= curves


def test_an_exception_that_does_not_pickle_is_told_in_its_words(tmp_path: Path) -> None:
    done = broken(tmp_path, "raise OddError('no luck', 'you')")
    assert done.returncode == 1
    assert "OddError: no luck for you" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_all_of_them_end_with_the_driver(number: int, tmp_path: Path) -> None:
    endless = ("--max-epochs", "1000000", "--patience", "1000000", "--seeds", "2")
    place = ("--runs-dir", str(tmp_path), "--workers", "2")
    process = subprocess.Popen(
        [sys.executable, "train.py", *WINE, *endless, *place],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    end = time.monotonic() + 100
    while len(list(tmp_path.glob("*/train/tensorboard/*"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    running = psutil.Process(process.pid).children(recursive=True)
    # Ctrl-C is for all in a terminal; who is killed is alone.
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    _, error = process.communicate(timeout=30)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert "Traceback" not in error
    assert not psutil.wait_procs(running, timeout=20)[1]
