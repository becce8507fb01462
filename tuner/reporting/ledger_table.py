"""The ledger of all searches: a search's row, and the rows as a table for people."""

import time

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.storage.ledger import Row
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord


def ledger_row(search: SearchRecord, state: str) -> Row:
    """Return what the ledger says of a search that has just ended.

    Args:
        search: The search.
        state: "finished" or "interrupted".
    """
    history, config, best = search.history, search.config, search.best
    versions = ", ".join(f"{name} {version}" for name, version in config["versions"].items())
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
        "versions": versions,
        "git_revision": config.get("git_revision") or "",
    }


def print_ledger(console: Console, rows: list[Row]) -> None:
    """Print the searches, the newest last, with what fits on a line."""
    table = Table(box=None, header_style="bold")
    for heading in ("search", "ended", "data", "trials", "objective"):
        table.add_column(heading, overflow="fold")
    table.add_column("best", justify="right")
    table.add_column("", overflow="fold")
    for row in rows:
        best = f"{float(row['best']):.4f}" if row["best"] else "none"
        state = "" if row["state"] == "finished" else row["state"]
        cells = [row[key] for key in ("name", "ended", "data", "trials", "objective")]
        table.add_row(*map(Text, [*cells, best, state]))
    console.print(table)
