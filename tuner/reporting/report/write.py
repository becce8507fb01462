"""``findings.json`` and ``report.html``: what a search has to say, for programs and for people."""

from collections.abc import Sequence

from tuner.findings import Finding
from tuner.reporting.report.page import report_html
from tuner.storage.files import write_atomically, write_json
from tuner.trials.record import SearchRecord


def write_report(search: SearchRecord, findings: Sequence[Finding]) -> None:
    """Write both files into the run directory; findings come the most important first.

    Raises:
        OSError: The run directory cannot be written.
    """
    write_json(search.run / "findings.json", [finding.as_dict() for finding in findings])
    write_atomically(search.run / "report.html", report_html(search, findings))
