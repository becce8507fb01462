"""What `tune.py` does without a search: ``--report`` and ``--list``. Needs no TensorFlow."""

from pathlib import Path
from typing import Any

from rich.console import Console

from data.errors import InputError
from tuner.command_line.declaration import flag
from tuner.command_line.options import DEFAULTS
from tuner.findings import findings_of
from tuner.reporting.ledger_table import print_ledger
from tuner.reporting.report.write import write_report
from tuner.storage.ledger import NAME, read_ledger
from tuner.trials.record import read_record


def remake_report(given: dict[str, Any]) -> int:
    """Make report and findings of a search again from its journal.

    Raises:
        InputError: There is no such search, or other options were given.
        OSError: The run directory cannot be written.
    """
    _refuse_others(given, "report")
    search = read_record(Path(given["report"]))
    findings = findings_of(search)
    write_report(search, findings)
    print(f"{len(findings)} findings: {search.run / 'findings.json'}")
    print(f"Report: {search.run / 'report.html'}")
    return 0


def list_searches(given: dict[str, Any]) -> int:
    """Print the ledger of all searches.

    Raises:
        InputError: Other options were given.
        OSError: The ledger cannot be read.
    """
    _refuse_others(given, "list", "runs_dir")
    runs = Path(given.get("runs_dir", DEFAULTS.runs_dir))
    rows = read_ledger(runs)
    if not rows:
        print(f"No search has ended yet: {runs / NAME} is not there")
        return 0
    print_ledger(Console(), rows)
    return 0


def _refuse_others(given: dict[str, Any], *allowed: str) -> None:
    for other in sorted(set(given) - set(allowed)):
        raise InputError(
            f"{flag(allowed[0])} looks back and searches nothing: leave out {flag(other)}"
        )
