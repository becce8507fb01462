"""A finding: something that a search says to the person who ran it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding matters, the most first."""

    PROBLEM = "problem"  # The result cannot be relied on as it is.
    ADVICE = "advice"  # Something to do that is likely to pay.
    NOTE = "note"  # Something to know.


@dataclass(frozen=True)
class Finding:
    """What was found, by which rule, and what to do.

    Attributes:
        rule: The rule's name, as in docs/reading-the-report.md.
        severity: How much it matters.
        text: One or two sentences with the numbers in them.
        why: The rule in words: when it speaks.
        numbers: What the rule measured, for programs.
        command: What to type next; None where there is nothing to type.
    """

    rule: str
    severity: Severity
    text: str
    why: str
    numbers: dict[str, Any] = field(default_factory=dict)
    command: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what ``findings.json`` says of it."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "text": self.text,
            "numbers": self.numbers,
            "command": self.command,
            "why": self.why,
        }
