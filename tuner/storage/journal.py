"""The journal: an append-only file of events, one JSON object a line. It is the truth of a search.

Everything else in a run directory is made from it and can be deleted.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tuner.storage.files import strict

Event = dict[str, Any]


@dataclass
class Replay:
    """What was read from a journal.

    Attributes:
        events: The readable events, in the order they were written.
        damage: A sentence for each unreadable line that is not merely a torn last one.
        torn_from: Where a torn last line begins, in bytes; None when the file ends well.
    """

    events: list[Event] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    torn_from: int | None = None


def read_journal(path: Path) -> Replay:
    """Read a journal, whatever state it is in.

    A last line without its end is what a killed writer leaves: it is dropped. Any other line that
    is not a JSON object with an ``event`` is named in `damage` and left out.

    Raises:
        OSError: The file is there and cannot be read.
    """
    replay = Replay()
    if not path.exists():
        return replay
    for number, start, line in _lines(path):
        event = _parse(line)
        if event is not None and line.endswith(b"\n"):
            replay.events.append(event)
        elif not line.endswith(b"\n"):
            replay.torn_from = start
        elif line.strip():
            replay.damage.append(f"line {number} of {path} is not an event: {_excerpt(line)}")
    return replay


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    start = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            yield number, start, line
            start += len(line)


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _excerpt(line: bytes, length: int = 60) -> str:
    text = line[:length].decode("utf-8", "replace").strip()
    return repr(text + ("…" if len(line) > length else ""))


class Journal:
    """Appends events to a journal. One process at a time may hold one open (see `storage.lock`)."""

    def __init__(self, path: Path, torn_from: int | None = None) -> None:
        """Open `path` for appending, after cutting off a torn last line that begins at `torn_from`.

        Raises:
            OSError: The file cannot be opened for writing.
        """
        self.path = path
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 (closed by close)
        if torn_from is not None:
            self._file.truncate(torn_from)

    def append(self, event: Event, *, durable: bool = True) -> None:
        """Write one event as one line, with a single system call.

        Args:
            event: Anything JSON can hold, with its kind under ``event``.
            durable: Wait until the disk has it. Events that a resumed search can do without, such
                as single epochs, need not wait.

        Raises:
            OSError: The disk is full or gone. What a failed write left of the line is cut off
                again, so that the journal stays whole.
        """
        line = json.dumps(strict(event), allow_nan=False, separators=(",", ":")).encode() + b"\n"
        end = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(line)
            if written != len(line):
                raise OSError(28, f"No space left on device for {len(line)} bytes", str(self.path))
            if durable:
                os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(end)
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
