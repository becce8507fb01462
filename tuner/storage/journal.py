"""The journal: an append-only file of events, one JSON object a line. It is the truth of a search.

Everything else in a run directory is made from it and can be deleted.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
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
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                replay.torn_from = file.tell() - len(line)
            elif (event := _parse(line)) is not None:
                replay.events.append(event)
            elif line.strip():
                replay.damage.append(f"line {number} of {path} is not an event: {_excerpt(line)}")
    return replay


class JournalTail:
    """Reads what is new in a journal that another process writes; what is no event is left out."""

    def __init__(self, path: Path) -> None:
        self._path, self._read_to = path, 0

    def read(self) -> list[Event]:
        """Return the events since the last time; a line that is being written comes the next time.

        Raises:
            OSError: The journal cannot be read.
        """
        with open(self._path, "rb") as file:
            file.seek(self._read_to)
            lines, end, _ = file.read().rpartition(b"\n")
        self._read_to += len(lines + end)
        return [event for line in lines.splitlines() if (event := _parse(line)) is not None]


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _excerpt(line: bytes) -> str:
    text = line[:60].decode("utf-8", "replace").strip()
    return repr(text + ("…" if len(line) > 60 else ""))


class Journal:
    """Appends events to a journal. One process at a time may hold one open (see `storage.lock`).

    Attributes:
        path: The file.
        replay: What it held when it was opened.
    """

    def __init__(self, path: Path) -> None:
        """Read `path`, cut off a torn last line, and open it for appending.

        Raises:
            OSError: The file cannot be opened for writing.
        """
        self.path, self.replay = path, read_journal(path)
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 (closed by __exit__)
        if self.replay.torn_from is not None:
            self._file.truncate(self.replay.torn_from)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
