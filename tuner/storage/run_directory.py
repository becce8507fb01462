"""``runs/NAME``: made new, or opened again by the search it belongs to."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.command_line.options import identity
from tuner.storage.code import Edits, accepted_event, edits, edits_text
from tuner.storage.files import point_at, write_json
from tuner.storage.journal import Journal
from tuner.storage.lock import exclusive_lock


def saved_config(run: Path) -> dict[str, Any] | None:
    """Return the ``config.json`` of a run; None when there is no such run yet.

    Raises:
        InputError: The folder belongs to something else, or its ``config.json`` is damaged.
    """
    path = run / "config.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        if run.exists() and (not run.is_dir() or _foreign_files(run)):
            raise InputError(
                f"{run} exists and is not the folder of a search (it has no config.json): "
                "give another --run"
            ) from None
        return None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:  # No JSON, or no object.
        raise InputError(f"{path} is damaged ({error}): mend it, or give another --run") from error


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
def open_run(path: Path, config: dict[str, Any], *, accept_code: bool = False) -> Iterator[Journal]:
    """Open a run's journal for one search, and keep every other process out of its directory.

    Args:
        path: The directory, made if absent; the link ``latest`` beside it then points at it.
        config: What goes into ``config.json``.
        accept_code: Go on although the code was edited, which the journal is then told first.

    Raises:
        InputError: The run belongs to another search, or is in use.
        OSError: It cannot be written.
    """
    with (
        _locked(path, config, accept_code) as earlier,
        Journal(path / "journal.jsonl") as journal,
    ):
        if earlier is not None and code_edits(earlier, config):
            event = accepted_event(earlier, config)
            journal.append(event)
            journal.replay.events.append(event)
        write_json(path / "config.json", config)
        point_at(path.parent / "latest", path)
        yield journal


@contextmanager
def open_for_measurement(
    path: Path, config: dict[str, Any], *, accept_code: bool = False
) -> Iterator[None]:
    """Open a run directory for what is measured beside a search, which may follow there.

    The search that a run belongs to keeps its ``config.json`` and its journal, and ``latest`` goes
    on pointing at a search. Without one, the configuration is written down.

    Raises:
        InputError: The run belongs to another search, or is in use.
        OSError: It cannot be written.
    """
    with _locked(path, config, accept_code):
        if not (path / "config.json").exists():
            write_json(path / "config.json", config)
        yield


@contextmanager
def _locked(
    path: Path, config: dict[str, Any], accept_code: bool
) -> Iterator[dict[str, Any] | None]:
    """Keep others out, and give the ``config.json`` of an earlier part of the same search."""
    path.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(path / "lock"):
        earlier = saved_config(path)
        if earlier is not None:
            refuse_another_search(path, earlier, config)
            if edited := code_edits(earlier, config):
                _require_acceptance(path, edited, accept_code)
        yield earlier


def refuse_another_search(path: Path, earlier: dict[str, Any], config: dict[str, Any]) -> None:
    """Raise unless `config` describes the search that `path` belongs to.

    Raises:
        InputError: Naming every difference, with both values.
    """
    differences = [
        f"{place} is {_short(there)} there and {_short(here)} here"
        for place, there, here in _compared(earlier, config)
        if there != here
    ]
    if differences:
        # An edit may well be why: another range in model/search_space.py, for instance.
        edited = code_edits(earlier, config)
        raise InputError(
            f"{path} belongs to another search: {'; '.join(differences)}: "
            "give another --run, or the options it was started with"
            + (f"; the code has changed, too: {edits_text(edited)}" if edited else "")
        )


def code_edits(earlier: dict[str, Any], config: dict[str, Any]) -> Edits:
    """Return which files differ between the code of two ``config.json``.

    None do where one of them does not know its code, which earlier versions did not write down.
    """
    known = "code" in earlier and "code" in config
    return edits(earlier["code"], config["code"]) if known else {}


def _require_acceptance(path: Path, edited: Edits, accepted: bool) -> None:
    """Say that a search goes on with edited code, or raise."""
    if not accepted:
        raise InputError(
            f"the code of {path} has been edited since: {edits_text(edited)}: --accept-code goes "
            "on with the code as it is now, or give another --run"
        )
    print(f"Going on with edited code: {edits_text(edited)}")


def _compared(earlier: dict[str, Any], config: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what makes two searches the same one: what it is called, of one and of the other."""
    for part, label in (("dataset", "data set"), ("search_space", "search space")):
        yield from _parts(label, earlier.get(part, config[part]), config[part])
    there, here = identity(earlier), identity(config)
    yield from ((place, there[place], here[place]) for place in there if place in here)


def _parts(place: str, there: Any, here: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of two objects, or as many objects, with their places; else the two."""
    if _objects(there) and _objects(here) and len(there) == len(here):
        there, here = dict(enumerate(there, 1)), dict(enumerate(here, 1))
    if not isinstance(there, dict) or not isinstance(here, dict):
        yield place, there, here
        return
    for key in dict.fromkeys([*there, *here]):
        yield from _parts(f"{place}: {key}", there.get(key, "absent"), here.get(key, "absent"))


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 100 else text[:99] + "…"


def git_revision(folder: Path) -> str | None:
    """Return the commit checked out in `folder`; None outside a repository or without git."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
