"""What `tune.py` does without a search: ``--report``, ``--list``, ``--export-optuna``.

Needs no TensorFlow.
"""

from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from data.errors import InputError
from tuner.command_line.choices import TRACKERS, require_packages
from tuner.command_line.declaration import flag
from tuner.command_line.options import DEFAULTS
from tuner.findings import findings_of
from tuner.reporting.ledger_reporter import print_ledger
from tuner.reporting.report.page import write_report
from tuner.storage.ledger import NAME, read_ledger
from tuner.tracking.follower import tell_once
from tuner.tracking.optuna_tracker import Optuna
from tuner.trials.record import read_record

ALLOWED = {
    "report": ["report"],
    "list": ["list", "runs_dir"],
    "export_optuna": ["export_optuna", "run", "runs_dir"],
}


def look_back(given: dict[str, Any]) -> int:
    """Make the report of a search again, list all searches, or write one elsewhere.

    Raises:
        InputError: There is no such search, or other options were given; or it cannot be written.
        OSError: The run directory cannot be written, or the ledger cannot be read.
    """
    asked = next(name for name in ALLOWED if name in given)
    for other in sorted(set(given) - set(ALLOWED[asked])):
        raise InputError(f"{flag(asked)} looks back and searches nothing: leave out {flag(other)}")
    runs = Path(given.get("runs_dir", DEFAULTS.runs_dir))
    if asked == "report":
        _remake_report(Path(given["report"]))
    elif asked == "list":
        _list_searches(runs)
    else:
        _export(runs / given.get("run", "latest"), given["export_optuna"])
    return 0


def _export(run: Path, url: str) -> None:
    require_packages("--export-optuna", "optuna", TRACKERS["optuna"])
    record = read_record(run)
    try:
        tell_once(run, partial(Optuna, url=url))
    except InputError:
        raise
    except Exception as error:  # Each kind of storage has its own.
        raise InputError(
            f"--export-optuna {url}: expected an Optuna storage that can be written, such as "
            f"sqlite:///study.db ({type(error).__name__}: {error})"
        ) from error
    print(f"{len(record.history.trials)} trials: study {record.run.name} of {url}")
    print(f"Next: optuna-dashboard {url} (after pip install optuna-dashboard)")


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
