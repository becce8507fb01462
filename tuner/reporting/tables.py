"""``trials.csv`` and ``best.json``: the search in files that other programs read."""

import csv
import io
import math
import time
from collections.abc import Sequence
from typing import Any

from tuner.findings import Finding
from tuner.reporting.reporter import Reporter
from tuner.storage.files import write_atomically, write_json
from tuner.trials.history import History
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

COLUMNS = ("trial", "status", "score", "best_epoch", "epochs", "seconds")


class TableReporter(Reporter):
    """Rewrites both files after a trial, but spends no more than a tenth of the time on it."""

    def search_started(self, record: SearchRecord) -> None:
        super().search_started(record)
        self._next_write = 0.0

    def trial_started(self, trial: Trial) -> None:
        began = time.monotonic()
        if began >= self._next_write:
            write_tables(self.record)
            ended = time.monotonic()
            self._next_write = ended + 9 * (ended - began)

    trial_ended = trial_started

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        write_tables(self.record)


def write_tables(record: SearchRecord) -> None:
    """Write ``trials.csv`` and, when a trial has completed, ``best.json``."""
    late = [one["config"]["name"] for one in record.history.declared]
    names = list(dict.fromkeys([*record.config["search_space"], *late]))
    write_atomically(record.run / "trials.csv", trials_csv(record.history, names))
    if record.best is not None:
        write_json(record.run / "best.json", best_trial(record.best, record.history))


def best_trial(trial: Trial, history: History) -> dict[str, Any]:
    """Return what ``best.json`` says of a trial; of a cross-validated one also the spread."""
    told = {
        "trial": trial.number,
        "score": trial.score,
        "objective": {"name": history.objective.name, "direction": history.objective.direction},
        "best_epoch": trial.best_epoch,
        "hyperparameters": trial.values,
    }
    if trial.score_std is None:
        return told
    return told | {
        "score_std": trial.score_std,
        "score_standard_error": trial.score_std / math.sqrt(len(trial.fold_scores)),
        "fold_scores": list(trial.fold_scores),
    }


def trials_csv(history: History, hyperparameters: list[str]) -> str:
    """Return a row a trial: what became of it, its hyperparameters, and why it failed if it did."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    trials = [history.trials[number] for number in sorted(history.trials)]
    cross_validated = any(trial.folds or trial.fold_scores for trial in trials)
    spread = ("score_std", "folds") if cross_validated else ()
    writer.writerow([*COLUMNS, *hyperparameters, *spread, "reason"])
    for trial in trials:
        writer.writerow(
            [
                trial.number,
                trial.status.value,
                trial.score,
                trial.best_epoch,
                trial.epochs,
                round(trial.seconds, 3),
                *(trial.values.get(name) for name in hyperparameters),
                *((trial.score_std, len(trial.fold_scores)) if cross_validated else ()),
                trial.reason,
            ]
        )
    return text.getvalue()
