"""What each column of a table was taken for."""

import dataclasses
from collections.abc import Mapping
from typing import Any

# What a column can be. One that is left out is no input of a model.
KINDS = ("number", "category", "date", "text", "left out")


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table, and what it was taken for.

    Attributes:
        name: As models know it: as in the file, except that "/" is "_".
        kind: One of `KINDS`. In a split, numbers are float64, NaN where one is missing; all others
            are texts, "" where one is missing, and dates are written as in ISO 8601.
        source: Its name in the file.
        format: How the file writes its cells, where that is not plain.
        note: For people: what was noticed, or why it is left out.
    """

    name: str
    kind: str
    source: str = ""
    format: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    note: str = ""

    @property
    def is_input(self) -> bool:
        """Whether models take it."""
        return self.kind != "left out"
