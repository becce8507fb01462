"""``findings.json``: what the rules found, for other programs."""

from pathlib import Path

from tuner.findings import Finding
from tuner.storage.files import write_json


def write_findings(run: Path, findings: list[Finding]) -> None:
    """Write the findings, the most important first.

    Raises:
        OSError: The folder cannot be written.
    """
    write_json(run / "findings.json", [finding.as_dict() for finding in findings])
