import json
from pathlib import Path

import pytest

import tuner.reporting.conclusion
from tests.findings.searches import Made, record_of
from tuner.reporting.conclusion import conclude
from tuner.storage.ledger import read_ledger


def made_up(run: Path) -> list[str]:
    run.mkdir()
    record = record_of([Made(0.5), Made(0.6)], run=run)
    return [finding.rule for finding in conclude(record, "interrupted")]


def test_a_search_that_ends_is_written_down(tmp_path: Path) -> None:
    run = tmp_path / "a"
    found = made_up(run)
    written = json.loads((run / "findings.json").read_text())
    assert [finding["rule"] for finding in written] == found != []
    assert (run / "report.html").exists()
    assert list((run / "tensorboard" / "report").glob("events.out.tfevents.*"))
    assert [(row["name"], row["state"]) for row in read_ledger(tmp_path)] == [("a", "interrupted")]


def test_a_report_that_cannot_be_made_costs_the_search_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("no figure")

    monkeypatch.setattr(tuner.reporting.conclusion, "write_report", broken)
    assert made_up(tmp_path / "a") == []
    error = capsys.readouterr().err
    assert "ZeroDivisionError: no figure" in error
    assert f"python tune.py --report {tmp_path / 'a'}" in error
    assert [row["name"] for row in read_ledger(tmp_path)] == ["a"]
