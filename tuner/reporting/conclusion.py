"""What a search writes down when it ends: ledger, findings, report, pictures."""

import sys

from tuner.command_line.commands import report_command
from tuner.command_line.interrupts import whole
from tuner.findings import Finding
from tuner.reporting.ledger_table import ledger_row
from tuner.reporting.report.png_pictures import report_pictures
from tuner.reporting.report.write import write_report
from tuner.reporting.tensorboard import EventFolder
from tuner.storage.ledger import enter
from tuner.trials.record import SearchRecord


def conclude(search: SearchRecord, state: str) -> list[Finding]:
    """Enter a search into the ledger and write its report; return the findings.

    Args:
        search: The search, its trials ended.
        state: "finished" or "interrupted".

    Raises:
        OSError: The run directory or the folder of the runs cannot be written.
    """
    whole(enter)(search.run.parent, ledger_row(search, state))
    try:
        findings = write_report(search)
        _show_pictures(search)
    except (OSError, KeyboardInterrupt):
        raise
    except Exception as error:  # A search that has ended well must not end badly for a figure.
        print(
            f"warning: the report was left out ({type(error).__name__}: {error}); "
            f"{report_command(search.run)} makes it again",
            file=sys.stderr,
        )
        return []
    return findings


def _show_pictures(search: SearchRecord) -> None:
    events = EventFolder(search.run / "tensorboard" / "report")
    for name, picture in report_pictures(search):
        events.picture(name, picture)
    events.close()
