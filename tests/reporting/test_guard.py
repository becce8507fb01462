"""What a search leaves when it ends, and reporters that fail or are slow."""

import json
import threading
from pathlib import Path

import pytest

import tuner.reporting.report.page
from tests.findings.searches import Made, record_of
from tuner.findings import findings_of
from tuner.reporting import guard, start_reporters
from tuner.reporting.guard import guarded
from tuner.reporting.reporter import Reporter
from tuner.storage.ledger import read_ledger
from tuner.trials.trial import Trial


def ended(run: Path, state: str = "interrupted") -> list[str]:
    """Let all reporters hear of a search that ends; return the rules of its findings."""
    run.mkdir()
    record = record_of([Made(0.5), Made(0.6)], run=run, chance={})
    findings = findings_of(record)
    with start_reporters(record) as reporters:
        for reporter in reporters:
            reporter.search_ended(findings, state)
    return [finding.rule for finding in findings]


def test_a_search_that_ends_is_written_down(tmp_path: Path) -> None:
    run = tmp_path / "a"
    found = ended(run)
    written = json.loads((run / "findings.json").read_text())
    assert [finding["rule"] for finding in written] == found != []
    assert (run / "report.html").exists()
    assert list((run / "tensorboard" / "report").glob("events.out.tfevents.*"))
    assert [(row["name"], row["state"]) for row in read_ledger(tmp_path)] == [("a", "interrupted")]


def test_a_report_that_cannot_be_made_costs_the_search_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no figure")

    monkeypatch.setattr(tuner.reporting.report.page, "write_report", broken)
    ended(tmp_path / "a", "finished")
    printed = capsys.readouterr()
    assert "ZeroDivisionError: no figure" in printed.err
    assert f"python tune.py --report {tmp_path / 'a'}" in printed.err
    assert [row["name"] for row in read_ledger(tmp_path)] == ["a"]
    assert "Next: python train.py --run a" in printed.out


class Failing(Reporter):
    """Fails at its first epoch."""

    told = 0

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        self.told += 1
        raise ConnectionError("no route to host")


def test_a_reporter_that_fails_is_left_out_and_named_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing = Failing()
    reporter = guarded(failing)
    for _ in range(3):
        reporter.epoch_reported(Trial(0, {}), None)
    assert failing.told == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "Failing failed (ConnectionError: no route to host)" in line


def test_a_full_disk_is_not_the_reporter_s_fault() -> None:
    class Full(Reporter):
        def trial_ended(self, trial: Trial) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        guarded(Full()).trial_ended(Trial(0, {}))


class Slow(Reporter):
    """Waits for a sign before it takes anything in, as a server on the other side may."""

    leaves_process = True

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.heard: list[tuple[str, int]] = []

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        self.ready.wait()
        self.heard.append(("epoch", trial.epochs))

    def trial_ended(self, trial: Trial) -> None:
        self.heard.append((trial.status, trial.epochs))


def test_a_slow_reporter_hears_everything_in_order_as_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slow = Slow()
    reporter = guarded(slow)
    trial = Trial(0, {})
    for _ in range(3):
        trial.curve.append({"loss": 0.5})
        reporter.epoch_reported(trial, None)
    reporter.trial_ended(trial)
    assert slow.heard == []  # Nobody has waited for it.
    slow.ready.set()
    reporter.close()
    assert slow.heard == [("epoch", 1), ("epoch", 2), ("epoch", 3), ("running", 3)]
    assert capsys.readouterr().err == ""


def test_a_search_ends_without_a_reporter_that_never_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(guard, "PATIENCE", 0.2)
    slow = Slow()
    reporter = guarded(slow)
    reporter.epoch_reported(Trial(0, {}), None)
    reporter.close()
    assert "Slow had not told everything 0.2 s after the search" in capsys.readouterr().err
    slow.ready.set()
