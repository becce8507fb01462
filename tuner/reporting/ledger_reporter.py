"""Enters a search that ends into the ledger of all searches."""

import time
from collections.abc import Sequence

from tuner.command_line.interrupts import whole
from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.storage.ledger import Row, enter
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord


class LedgerReporter(Reporter):
    """Writes a row in ``ledger.csv``, in the place of the earlier one of a resumed search."""

    def search_started(self, record: SearchRecord) -> None:
        """Note the search."""
        self._record = record

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        """Write the row."""
        whole(enter)(self._record.run.parent, ledger_row(self._record, state))


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
