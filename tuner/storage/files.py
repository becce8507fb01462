"""Files that are whole or absent, whatever happens while they are written."""

import errno
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What a file system says when it takes no more: full, over a quota, a file past its limit.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Give the path to write to, and put the file in the place of `path` when all went well.

    A reader sees the old file or the new one, never a part. The ending is that of `path`.
    """
    beside = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        yield beside
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old content or the new, never a part.

    What UTF-8 has no bytes for, as in names of files of any bytes, is written as an escape.

    Raises:
        OSError: The folder cannot be written, or the disk is full; `path` is then as it was.
    """
    with (
        written_beside(path) as beside,
        open(beside, "w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON atomically, indented for people."""
    write_atomically(path, json.dumps(strict(content), indent=2, allow_nan=False) + "\n")


def point_at(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to its neighbour `target`, replacing an older link."""
    with written_beside(link) as beside:
        beside.unlink(missing_ok=True)
        beside.symlink_to(target.name)


def strict(content: Any) -> Any:
    """Return `content` with what JSON has no number for (NaN, infinities) spelled as strings.

    ``float("nan")``, ``float("inf")`` and ``float("-inf")`` read them back.
    """
    if isinstance(content, float) and not math.isfinite(content):
        return str(content)
    if isinstance(content, dict):
        return {key: strict(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [strict(value) for value in content]
    return content
