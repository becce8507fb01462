"""What the journal is told: one event for each thing that happens to a trial."""

import time
from typing import Any

from tuner.storage.journal import Event
from tuner.trials.trial import EpochReport, Late, Trial, TrialResult


def found_event(found: dict[str, Any]) -> Event:
    """Return the event that a range test has proposed a learning rate."""
    return {"event": "learning_rate_found", "time": round(time.time(), 3), **found}


def created_event(trial: Trial) -> Event:
    """Return the event that a trial's values were decided."""
    return {"event": "trial_created", "trial": trial.number, "values": trial.values}


def started_event(
    trial: Trial, attempt: int, epochs: int = 0, fold: int | None = None, code: str | None = None
) -> Event:
    """Return the event that a trial begins to train, or goes on after some epochs."""
    return {
        "event": "trial_started",
        "trial": trial.number,
        "attempt": attempt,
        "epochs": epochs,
        **_code(code),
        **_fold(fold),
    }


def epoch_event(report: EpochReport) -> Event:
    """Return the event that a trial has finished an epoch."""
    return {
        "event": "epoch",
        "trial": report.number,
        "attempt": report.attempt,
        "epoch": report.epoch,
        "metrics": report.metrics,
        "seconds": round(report.seconds, 4),
        **({} if report.cost is None else {"cost": round(report.cost, 3)}),
        **_fold(report.fold),
    }


def declared_event(report: EpochReport, late: Late) -> Event:
    """Return the event that a trial has declared what the search did not know of."""
    return {
        "event": "hyperparameters_declared",
        "trial": report.number,
        "declarations": list(late.declarations),
        "values": late.values,
    }


def fold_ended_event(result: TrialResult) -> Event:
    """Return the event that a fold of a trial is over."""
    return {
        "event": "fold_ended",
        "trial": result.number,
        **_fold(result.fold),
        **_outcome(result),
    }


def ended_event(trial: Trial, result: TrialResult) -> Event:
    """Return the event that a trial is over. It repeats the values: this line must not be in need
    of another one."""
    return {
        "event": "trial_ended",
        "trial": result.number,
        **_outcome(result),
        "expected": result.expected,
        "values": trial.values,
        **({"folds": list(result.fold_scores)} if result.fold_scores else {}),
    }


def _outcome(result: TrialResult) -> Event:
    """Return what the end of a trial and that of a fold tell alike."""
    return {
        "attempt": result.attempt,
        "status": result.status.value,
        "cause": result.cause.value,
        "score": result.score,
        "best_epoch": result.best_epoch,
        "seconds": round(result.seconds, 4),
        "reason": result.reason,
        "path": result.path,
        **_code(result.code),
    }


def _code(code: str | None) -> Event:
    return {} if code is None else {"code": code}


def _fold(fold: int | None) -> Event:
    return {} if fold is None else {"fold": fold}
