"""``--start-from``: the results of other searches, read once and kept in the run directory.

What was taken is a copy, so that a resumed search knows what its first part knew, even if the other
search has gone on or was deleted.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.errors import InputError
from tuner.oracles.knowledge import rows_of
from tuner.setup.sources.csv_of_trials import read_trials
from tuner.setup.sources.keras_tuner_project import read_project, trial_files
from tuner.setup.sources.optuna_study import PREFIX, read_study
from tuner.setup.sources.run_folder import read_run
from tuner.setup.sources.source import Source
from tuner.space.cube import SearchSpace
from tuner.storage.files import write_json
from tuner.trials.objective import Objective

FILE = "knowledge.json"


def sources_of(
    others: Sequence[str], run: Path, space: SearchSpace, objective: Objective
) -> list[Source]:
    """Return what a search starts from: what its run directory keeps, or else what others hold.

    The others are as ``--start-from`` names them. The run directory of the search itself need not
    exist yet.

    Raises:
        InputError: One of them is nothing to start from, or has nothing that this one can use.
    """
    if not others:
        return []
    kept = run / FILE
    if kept.exists():
        try:
            return [Source.from_json(one) for one in json.loads(kept.read_text(encoding="utf-8"))]
        except (ValueError, KeyError, TypeError) as error:
            again = f"delete it to read {' and '.join(others)} again"
            raise InputError(f"{kept} is damaged ({error!r}): {again}") from error
    sources = [_read(other, space, objective) for other in others]
    for source in sources:
        _require_use(source, space, objective)
    return sources


def keep_sources(run: Path, sources: Sequence[Source]) -> None:
    """Write what was taken into the run directory, unless it is there already.

    Raises:
        OSError: It cannot be written.
    """
    if sources and not (run / FILE).exists():
        write_json(run / FILE, [source.to_json() for source in sources])


def source_name(text: str) -> str:
    """Return the name of what a search starts from; of a link such as runs/latest its target's."""
    path = Path(text)
    return text if text.startswith(PREFIX) else str(path.parent / path.resolve().name)


def _read(other: str, space: SearchSpace, objective: Objective) -> Source:
    """Read one of them, of whatever kind it is."""
    path = Path(other)
    if other.startswith(PREFIX):
        return read_study(other)
    if path.suffix == ".csv":
        return read_trials(path, space, objective)
    return read_project(path, objective) if trial_files(path) else read_run(path)


def _require_use(source: Source, space: SearchSpace, objective: Objective) -> None:
    """Raise unless a completed trial has a place in a space that shares a hyperparameter."""
    ours = dict.fromkeys(h.name for h in space.free)
    if not ours.keys() & set(source.names):
        raise InputError(
            f"--start-from {source.run}: expected a search over some of {', '.join(ours)}; "
            f"received one over {', '.join(source.names)}"
        )
    rows = rows_of([source.knowledge(objective)], space, sign=1)
    if not any(np.isfinite(row.score) and not row.pruned for row in rows):
        raise InputError(
            f"--start-from {source.run}: expected completed trials with choices that this search "
            "has, too; received none"
        )
