"""`tune.py --staged`: one search, killed and resumed like any other."""

import csv
import json
import shutil
from pathlib import Path

import pytest

import tune
from tests.conftest import run_program
from tuner.storage.journal import read_journal

STAGED = ("--dataset", "wine", "--max-trials", "7", "--max-epochs", "2", "--staged")


def results(run: Path) -> list[tuple[str, ...]]:
    """What a seed decides of a search: everything but the times."""
    with open(run / "trials.csv", newline="") as file:
        return [tuple(v for k, v in row.items() if k != "seconds") for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    assert tune.main([*STAGED, "--runs-dir", str(runs), "--run", "whole"]) == 0
    return runs / "whole"


def test_the_range_test_is_the_first_event_and_trial_1_takes_its_rate(staged: Path) -> None:
    events = read_journal(staged / "journal.jsonl").events
    assert [event["event"] for event in events].count("learning_rate_found") == 1
    assert events[0]["event"] == "learning_rate_found"
    found = json.loads((staged / "learning_rate.json").read_text())
    assert {name: events[0][name] for name in found} == found
    trials = {e["trial"]: e["values"] for e in events if e["event"] == "trial_created"}
    assert trials[1]["learning_rate"] == found["learning_rate"]
    assert {name: v for name, v in trials[1].items() if name != "learning_rate"} == {
        name: v for name, v in trials[0].items() if name != "learning_rate"
    }
    assert len(trials) == 7


@pytest.mark.parametrize("events", [1, 6, 17])
def test_killed_in_any_stage_it_ends_as_if_nothing_had_been(
    staged: Path, tmp_path: Path, events: int
) -> None:
    """What a kill leaves is the journal up to then, with whatever is derived from it or not."""
    shutil.copytree(staged, tmp_path / "a")
    journal = tmp_path / "a" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:events]))
    (tmp_path / "a" / "learning_rate.json").unlink()
    assert tune.main(["--runs-dir", str(tmp_path), "--run", "a"]) == 0
    assert results(tmp_path / "a") == results(staged)
    found = [run / "learning_rate.json" for run in (staged, tmp_path / "a")]
    assert found[0].read_bytes() == found[1].read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_number_of_workers_makes_no_difference_to_a_staged_search(
    staged: Path, tmp_path: Path
) -> None:
    for workers in ("1", "3"):
        place = ("--workers", workers, "--run", workers, "--runs-dir", str(tmp_path))
        assert run_program("tune.py", *STAGED, *place, seconds=280).returncode == 0
        assert results(tmp_path / workers) == results(staged)


def test_a_fixed_learning_rate_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--fix", "learning_rate=0.01", "--runs-dir", str(tmp_path))
    assert tune.main([*STAGED, *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())
