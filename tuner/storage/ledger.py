"""``runs/ledger.csv``: one row a search, whatever else becomes of its run directory."""

import csv
import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuner.storage.files import write_atomically

COLUMNS = (
    *("name", "ended", "state", "command", "data", "objective", "trials", "completed"),
    *("best", "best_trial", "seconds", "versions", "git_revision"),
)
NAME = "ledger.csv"

Row = dict[str, str]


def read_ledger(runs: Path) -> list[Row]:
    """Return the rows of the ledger in a folder of runs; none when there is no ledger yet.

    Raises:
        OSError: The file is there and cannot be read.
    """
    try:
        text = (runs / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [
        {column: row.get(column) or "" for column in COLUMNS}
        for row in csv.DictReader(io.StringIO(text, newline=""))
        if row.get("name")
    ]


def enter(runs: Path, row: Row) -> None:
    """Write a search into the ledger, in the place of its earlier row if it was resumed.

    Searches that end at the same time wait for each other.

    Raises:
        OSError: The folder cannot be written.
    """
    with _one_at_a_time(runs):
        rows = [earlier for earlier in read_ledger(runs) if earlier["name"] != row["name"]]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, row])
        write_atomically(runs / NAME, text.getvalue())


@contextmanager
def _one_at_a_time(runs: Path) -> Iterator[None]:
    # The lock is on the folder: the file itself is another one after each writing.
    descriptor = os.open(runs, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
