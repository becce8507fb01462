"""What `tune.py` does without a search: ``--report`` and ``--list``. Needs no TensorFlow."""

from pathlib import Path
from typing import Any

from rich.console import Console

from data.errors import InputError
from tuner.command_line.declaration import flag
from tuner.command_line.options import DEFAULTS
from tuner.findings import findings_of
from tuner.reporting.ledger_reporter import print_ledger
from tuner.reporting.report.page import write_report
from tuner.storage.ledger import NAME, read_ledger
from tuner.trials.record import read_record


def look_back(given: dict[str, Any]) -> int:
    """Make the report of a search again, or list all searches.

    Raises:
        InputError: There is no such search, or other options were given.
        OSError: The run directory cannot be written, or the ledger cannot be read.
    """
    allowed = ["report"] if "report" in given else ["list", "runs_dir"]
    for other in sorted(set(given) - set(allowed)):
        raise InputError(
            f"{flag(allowed[0])} looks back and searches nothing: leave out {flag(other)}"
        )
    if "report" in given:
        _remake_report(Path(given["report"]))
    else:
        _list_searches(Path(given.get("runs_dir", DEFAULTS.runs_dir)))
    return 0


def _remake_report(run: Path) -> None:
    search = read_record(run)
    findings = findings_of(search)
    write_report(search, findings)
    print(f"{len(findings)} findings: {search.run / 'findings.json'}")
    print(f"Report: {search.run / 'report.html'}")


def _list_searches(runs: Path) -> None:
    if rows := read_ledger(runs):
        print_ledger(Console(), rows)
    else:
        print(f"No search has ended yet: {runs / NAME} is not there")
