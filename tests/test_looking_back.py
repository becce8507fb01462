"""`tune.py --report` and `--list`: what needs no search, only what one has left."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tune
from tests.conftest import ROOT, FinishedSearch


def test_a_search_leaves_its_findings(finished: FinishedSearch) -> None:
    findings = json.loads((finished.path / "findings.json").read_text())
    for finding in findings:
        assert {"rule", "severity", "text", "numbers", "command"} <= set(finding)
    # Three trials are too few, whatever they scored.
    assert "too_few_trials" in [finding["rule"] for finding in findings]
    assert "Advice: " in finished.output


def test_the_report_is_made_again_from_journal_and_configuration(
    finished: FinishedSearch, tmp_path: Path
) -> None:
    run = tmp_path / "small"
    run.mkdir()
    for name in ("config.json", "journal.jsonl"):
        shutil.copy(finished.path / name, run)
    assert tune.main(["--report", str(run)]) == 0
    assert {path.name for path in run.iterdir()} == {
        *("config.json", "journal.jsonl", "findings.json", "report.html"),
    }
    again = json.loads((run / "findings.json").read_text())
    assert all(finding["text"] in finished.output for finding in again[:3])


def test_looking_back_needs_no_tensorflow(finished: FinishedSearch) -> None:
    code = (
        "import sys, tune\n"
        f"assert tune.main(['--report', {str(finished.path)!r}]) == 0\n"
        f"assert tune.main(['--list', '--runs-dir', {str(finished.runs)!r}]) == 0\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_ledger_has_a_row_for_the_search(finished: FinishedSearch) -> None:
    with open(finished.runs / "ledger.csv", newline="") as file:
        [row] = [row for row in csv.DictReader(file) if row["name"] == "small"]
    best = json.loads((finished.path / "best.json").read_text())
    assert row["command"].startswith("python tune.py --dataset wine")
    assert (row["data"], row["trials"], row["completed"]) == ("wine", "3", "3")
    assert float(row["best"]) == best["score"]
    assert "tensorflow 2" in row["versions"]
    assert row["state"] == "finished"


def test_the_list_shows_every_search(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune.main(["--list", "--runs-dir", str(finished.runs)]) == 0
    printed = capsys.readouterr().out
    assert "small" in printed
    assert "wine" in printed


def test_an_empty_list_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main(["--list", "--runs-dir", str(tmp_path)]) == 0
    assert "No search has ended yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--report", "runs/nothing-there"], "there is no search in runs/nothing-there"),
        (["--report", "runs/a", "--seed", "3"], "leave out --seed"),
        (["--list", "--max-trials", "3"], "leave out --max-trials"),
        (["--list", "--find-learning-rate"], "leave out --find-learning-rate"),
    ],
)
def test_a_wrong_use_is_one_line(
    options: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune.main(options) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert expected in error


@pytest.mark.parametrize("option", ["--list", "--report"])
def test_a_reader_that_goes_away_ends_it_without_a_word(
    finished: FinishedSearch, option: str
) -> None:
    place = ["--runs-dir", str(finished.runs)] if option == "--list" else [str(finished.path)]
    command = [sys.executable, "-u", str(ROOT / "tune.py"), option, *place]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as gone:
        ended = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, timeout=60)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_an_export_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tuner.command_line.choices.find_spec", lambda package: None)
    assert tune.main(["--export-optuna", "sqlite:///study.db", "--run", "a"]) == 2
    assert "pip install -r requirements-optuna.txt" in capsys.readouterr().err
