"""The ledger of all searches: a search is entered when it ends; the rows as a table."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.command_line.interrupts import whole
from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.storage.ledger import Row, enter
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord


class LedgerReporter(Reporter):
    """Writes a row in ``ledger.csv``, in the place of the earlier one of a resumed search."""

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        whole(enter)(self.record.run.parent, ledger_row(self.record, state))


def ledger_row(search: SearchRecord, state: str) -> Row:
    """Return what the ledger says of a search that has just ended, finished or interrupted."""
    history, config, best = search.history, search.config, search.best
    return {
        "name": search.run.name,
        "ended": time.strftime("%Y-%m-%d %H:%M:%S"),
        "state": state,
        "command": config["command"],
        "data": config["dataset"]["name"],
        "objective": f"{search.objective.name} {search.objective.direction}",
        "trials": str(len(history.trials)),
        "completed": str(history.count(Status.COMPLETED)),
        "best": "" if best is None else repr(best.score),
        "best_trial": "" if best is None else str(best.number),
        "seconds": f"{sum(trial.seconds for trial in history.trials.values()):.1f}",
        "versions": ", ".join(f"{name} {version}" for name, version in config["versions"].items()),
        "git_revision": config.get("git_revision") or "",
    }


def print_ledger(console: Console, rows: list[Row]) -> None:
    """Print the searches, the newest last, with what fits on a line."""
    shown = ("name", "ended", "data", "trials", "objective")
    table = Table(box=None, header_style="bold")
    for heading in ("search", *shown[1:]):
        table.add_column(heading, overflow="fold")
    table.add_column("best", justify="right")
    table.add_column("", overflow="fold")
    for row in rows:
        best = f"{float(row['best']):.4f}" if row["best"] else "none"
        state = "" if row["state"] == "finished" else row["state"]
        table.add_row(*map(Text, [*(row[key] for key in shown), best, state]))
    console.print(table)
