"""``runs/NAME``: made new, or opened again by the search it belongs to."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.command_line.options import identity
from tuner.storage.files import point_at, write_json
from tuner.storage.journal import Journal, Replay, read_journal
from tuner.storage.lock import exclusive_lock


@dataclass(frozen=True)
class RunDirectory:
    """An open run directory.

    Attributes:
        path: The folder.
        journal: Its journal, open for appending.
        replay: What the journal held already.
    """

    path: Path
    journal: Journal
    replay: Replay


def saved_config(run: Path) -> dict[str, Any] | None:
    """Return the ``config.json`` of a run; None when there is no such run yet.

    Raises:
        InputError: The folder belongs to something else, or its ``config.json`` is damaged.
    """
    path = run / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if run.exists() and (not run.is_dir() or _foreign_files(run)):
            raise InputError(
                f"{run} exists and is not the folder of a search (it has no config.json): "
                "give another --run"
            ) from None
        return None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}): mend it, or give another --run") from error
    return dict(config)


def _foreign_files(run: Path) -> list[str]:
    # A search that was killed before it could write its configuration leaves these only.
    return [p.name for p in run.iterdir() if p.name != "lock" and not p.name.startswith(".tmp-")]


def new_run_name(runs: Path, dataset: str) -> str:
    """Return a name that is not taken: the data set and the time."""
    stem = re.sub(r"[^\w.-]+", "-", Path(dataset).stem).strip("-.") or "run"
    name = base = f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    count = 1
    while (runs / name).exists():
        count += 1
        name = f"{base}-{count}"
    return name


@contextmanager
def open_run(runs: Path, name: str, config: dict[str, Any]) -> Iterator[RunDirectory]:
    """Open a run directory for one search, and keep every other process out of it.

    Args:
        runs: The parent folder; made if absent.
        name: The run's name.
        config: What goes into ``config.json``.

    Raises:
        InputError: The run belongs to another search, or is in use.
        OSError: It cannot be written.
    """
    with _locked(runs, name, config) as path:
        replay = read_journal(path / "journal.jsonl")
        with Journal(path / "journal.jsonl", replay.torn_from) as journal:
            write_json(path / "config.json", config)
            point_at(runs / "latest", path)
            yield RunDirectory(path, journal, replay)


@contextmanager
def open_for_measurement(runs: Path, name: str, config: dict[str, Any]) -> Iterator[Path]:
    """Open a run directory for what is measured beside a search, which may follow there.

    The search that a run belongs to keeps its ``config.json`` and its journal, and ``latest`` goes
    on pointing at a search.

    Args:
        runs: The parent folder; made if absent.
        name: The run's name.
        config: What goes into ``config.json`` if there is none.

    Raises:
        InputError: The run belongs to another search, or is in use.
        OSError: It cannot be written.
    """
    with _locked(runs, name, config) as path:
        if not (path / "config.json").exists():
            write_json(path / "config.json", config)
        yield path


@contextmanager
def _locked(runs: Path, name: str, config: dict[str, Any]) -> Iterator[Path]:
    path = runs / name
    path.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(path / "lock"):
        earlier = saved_config(path)
        if earlier is not None:
            refuse_another_search(path, earlier, config)
        yield path


def refuse_another_search(path: Path, earlier: dict[str, Any], config: dict[str, Any]) -> None:
    """Raise unless `config` describes the search that `path` belongs to.

    Raises:
        InputError: Naming every difference, with both values.
    """
    differences = [
        f"{place} is {_short(there)} there and {_short(here)} here"
        for place, there, here in [*_facts(earlier, config), *_options(earlier, config)]
        if there != here
    ]
    if differences:
        raise InputError(
            f"{path} belongs to another search: {'; '.join(differences)}: "
            "give another --run, or the options it was started with"
        )


def _facts(earlier: dict[str, Any], config: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is no option but makes two searches the same one: of one and of the other."""
    for part, label in (("dataset", "data set"), ("search_space", "search space")):
        there, here = earlier.get(part, config[part]), config[part]
        for key in dict.fromkeys([*there, *here]):
            yield f"{label}: {key}", there.get(key, "absent"), here.get(key, "absent")


def _options(earlier: dict[str, Any], config: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    there, here = identity(earlier), identity(config)
    return ((place, there[place], here[place]) for place in there if place in here)


def _short(value: Any, length: int = 100) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= length else text[: length - 1] + "…"


def git_revision(folder: Path) -> str | None:
    """Return the commit checked out in `folder`; None outside a repository or without git."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
