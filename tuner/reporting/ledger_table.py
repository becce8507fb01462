"""The ledger of all searches as a table for people."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.storage.ledger import Row


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
