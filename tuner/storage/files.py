"""Files that are whole or absent, whatever happens while they are written."""

import json
import math
import os
from pathlib import Path
from typing import Any


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: The folder cannot be written, or the disk is full; `path` is then as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON atomically, indented for people."""
    write_atomically(path, json.dumps(strict(content), indent=2, allow_nan=False) + "\n")


def point_at(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to its neighbour `target`, replacing an older link."""
    beside = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target.name)
    os.replace(beside, link)


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
