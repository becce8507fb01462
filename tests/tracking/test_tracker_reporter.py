"""`--track` with trackers that work, raise and sleep: the search is the same with each of them."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

import train
import tune
from tests.conftest import SMALL
from tuner.command_line import choices
from tuner.storage.journal import read_journal
from tuner.tracking import tracker_reporter

FAKES = Path(__file__).parent / "fakes"
TIMES = {"time", "seconds"}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A package `wandb` of our own, for this process and for those that it begins."""
    monkeypatch.syspath_prepend(FAKES)
    monkeypatch.setenv("PYTHONPATH", str(FAKES))
    monkeypatch.setattr(tracker_reporter, "PATIENCE", 20.0)
    return monkeypatch


def search(runs: Path, *options: str) -> Path:
    """Run a search in this process; return its run directory."""
    place = ("--runs-dir", str(runs), "--run", "a")
    assert tune.main([*SMALL, *place, "--executor", "serial", *options]) == 0
    return runs / "a"


def journal(run: Path) -> list[dict[str, Any]]:
    """Return what a journal says, but for the times."""
    events = read_journal(run / "journal.jsonl").events
    return [{k: v for k, v in event.items() if k not in TIMES} for event in events]


def curves(run: Path) -> dict[str, list[tuple[int, float]]]:
    """Return each trial's curve of the validation loss, as the journal has it."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in read_journal(run / "journal.jsonl").events:
        if event["event"] == "epoch":
            point = event["epoch"], event["metrics"]["val_loss"]
            found.setdefault(event.get("name", f"trial-{event['trial']:04d}"), []).append(point)
    return found


def told(path: Path) -> list[Any]:
    """Return what the fake tracker was told."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def told_curves(path: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the curves that it was told."""
    found: dict[str, list[tuple[int, float]]] = {}
    for name, step, metrics in told(path):
        if step != "finish":
            found.setdefault(name, []).append((step, metrics["val_loss"]))
    return found


def test_a_tracker_hears_every_curve_and_every_end_once_also_when_it_is_resumed(
    tmp_path: Path, fake: pytest.MonkeyPatch
) -> None:
    heard = tmp_path / "heard"
    fake.setenv("FAKE_WANDB", str(heard))
    search(tmp_path, "--track", "wandb", "--max-trials", "2")
    run = search(tmp_path, "--max-trials", "3")
    assert told_curves(heard) == curves(run)
    ends = [(name, said) for name, step, said in told(heard) if step == "finish"]
    trials = [name for name, _ in ends if name.startswith("trial-")]
    assert trials == ["trial-0000", "trial-0001", "trial-0002"]
    assert all(said["status"] == "completed" for name, said in ends if name != "a")
    assert [(said["exit"], said["completed"]) for name, said in ends if name == "a"] == [
        (0, 2),
        (0, 3),
    ]


def test_a_search_that_has_ended_is_told_whole_to_a_tracker_that_comes_later(
    tmp_path: Path, fake: pytest.MonkeyPatch
) -> None:
    fake.setenv("FAKE_WANDB", str(tmp_path / "heard"))
    run = search(tmp_path)
    search(tmp_path, "--track", "wandb")
    assert told_curves(tmp_path / "heard") == curves(run)
    search(tmp_path, "--track", "none")
    assert json.loads((run / "config.json").read_text())["options"]["track"] == ["none"]


@pytest.mark.parametrize("what", ["raises", "sleeps"])
def test_a_tracker_that_fails_or_hangs_changes_nothing(
    tmp_path: Path, fake: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    fake.setattr(tracker_reporter, "PATIENCE", 3.0)
    fake.setenv("FAKE_WANDB", what)
    began = time.monotonic()
    alone = search(tmp_path / "alone")
    usual = time.monotonic() - began
    capsys.readouterr()
    began = time.monotonic()
    tracked = search(tmp_path / "tracked", "--track", "wandb")
    # Its process takes a part of the machine while it starts.
    assert time.monotonic() - began < 2 * usual + 3.0 + 10.0
    assert journal(tracked) == journal(alone)
    (warning,) = re.findall("warning: wandb .*", capsys.readouterr().err)
    why = {
        "raises": "has failed (ConnectionError: no route to host)",
        "sleeps": "had not taken in everything 3 s after the end",
    }
    assert why[what] in warning
    owner = int((tracked / "tracking" / "wandb.lock").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(owner, 0)


def test_what_a_tracker_lost_it_hears_when_the_search_is_resumed(
    tmp_path: Path, fake: pytest.MonkeyPatch
) -> None:
    fake.setenv("FAKE_WANDB", "raises")
    run = search(tmp_path, "--track", "wandb", "--max-trials", "2")
    fake.setenv("FAKE_WANDB", str(tmp_path / "heard"))
    search(tmp_path, "--max-trials", "2")
    assert told_curves(tmp_path / "heard") == curves(run)


def test_a_package_that_is_missing_is_named_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(choices, "find_spec", lambda name: None)
    for program in (tune, train):
        assert program.main(["--track", "mlflow", "--runs-dir", str(tmp_path)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "--track mlflow needs mlflow, sqlalchemy, alembic" in error
        assert "pip install -r requirements-mlflow.txt" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_trainings_are_tracked_as_trials_are(tmp_path: Path, fake: pytest.MonkeyPatch) -> None:
    heard = tmp_path / "heard"
    fake.setenv("FAKE_WANDB", str(heard))
    run = search(tmp_path, "--max-trials", "1")
    place = ["--runs-dir", str(tmp_path), "--run", "a"]
    for _ in range(2):  # The second one takes the place of the first.
        heard.unlink(missing_ok=True)
        assert train.main([*place, "--seeds", "2", "--final-fit", "--track", "wandb"]) == 0
    names = {e["trial"]: e["name"] for e in events(run / "train") if "name" in e}
    assert list(names.values()) == ["seed-0", "seed-1", "final-fit"]
    curves = {
        name: [
            (event["epoch"], event["metrics"]["loss"])
            for event in events(run / "train")
            if event["event"] == "epoch" and event["trial"] == number
        ]
        for number, name in names.items()
    }
    heard_of = {name: [] for name in names.values()}
    ends = {}
    for name, step, said in told(heard):
        if step == "finish":
            ends[name] = said
        else:
            heard_of[name].append((step, said["loss"]))
    assert heard_of == curves
    assert all(curves.values())
    test = json.loads((run / "train" / "metrics.json").read_text())["test"]
    assert ends["a-train"]["test_accuracy"] == test["accuracy"]


def events(folder: Path) -> list[dict[str, Any]]:
    return read_journal(folder / "journal.jsonl").events
