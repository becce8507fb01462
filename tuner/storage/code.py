"""The code that trials run with, by content: ``model/``, ``data/``, and a model of one's own."""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tuner.storage.journal import Event

ROOT = Path(__file__).resolve().parents[2]

# The digest of each file by its path from the root of the repository, and that before and after an
# edit; None for a file that was not there.
Code = dict[str, str]
Edits = dict[str, tuple[str | None, str | None]]


def code_digests(own_files: Iterable[Path] = (), root: Path = ROOT) -> Code:
    """Return the digests of all Python files of ``model/`` and ``data/``, and of some more.

    Paths and contents count; times, line ends and hidden files make no difference.
    """
    shipped = [path for part in ("data", "model") for path in (root / part).rglob("*.py")]
    paths = {Path(os.path.relpath(path, root)) for path in [*shipped, *own_files]}
    return {
        path.as_posix(): _digest((root / path).read_bytes())
        for path in sorted(paths)
        if not any(part.startswith(".") and part != ".." for part in path.parts)
    }


def code_now(before: Code) -> Code:
    """Return the code as it is by now, with all files that it had before and still has."""
    return code_digests(path for name in before if (path := ROOT / name).is_file())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:16]


def revision(code: Code) -> str:
    """Return one short digest of all of it, as each trial has it in the journal."""
    return hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()[:8]


def edits(before: Code, after: Code) -> Edits:
    """Return the files that differ, those that were added or removed among them."""
    both = {path: (before.get(path), after.get(path)) for path in sorted({*before, *after})}
    return {path: (old, new) for path, (old, new) in both.items() if old != new}


def edits_text(edited: Edits) -> str:
    """Return edits in words, such as "model/mlp.py changed, model/new.py added"."""
    return ", ".join(
        f"{path} {'added' if old is None else 'removed' if new is None else 'changed'}"
        for path, (old, new) in edited.items()
    )


def accepted_event(earlier: dict[str, Any], config: dict[str, Any]) -> Event:
    """Return the event that a search goes on with edited code, given both ``config.json``."""
    return {
        "event": "code_accepted",
        "time": round(time.time(), 3),
        "code": [revision(one["code"]) for one in (earlier, config)],
        "files": edits(earlier["code"], config["code"]),
        "git_revision": [one.get("git_revision") for one in (earlier, config)],
    }
