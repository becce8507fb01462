"""Searches made up for the rules: what the trials scored, and how their curves went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np

from tuner.command_line.options import SearchOptions
from tuner.findings import Finding, findings_of
from tuner.space.by_name import by_name
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event, epoch_event, started_event
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.record import SearchRecord
from tuner.trials.trial import WAITING, EpochReport, Trial, TrialResult

SPACE: dict[str, dict[str, Any]] = {
    "learning_rate": {
        "class_name": "Float",
        "config": {
            "name": "learning_rate",
            "default": 1e-3,
            "min_value": 1e-5,
            "max_value": 1e-1,
            "step": None,
            "sampling": "log",
        },
    },
    "batch_size": {
        "class_name": "Int",
        "config": {
            "name": "batch_size",
            "default": 32,
            "min_value": 16,
            "max_value": 256,
            "step": 2,
            "sampling": "log",
        },
    },
    "depth": {
        "class_name": "Int",
        "config": {
            "name": "depth",
            "default": 2,
            "min_value": 1,
            "max_value": 8,
            "step": 1,
            "sampling": "linear",
        },
    },
    "dropout": {
        "class_name": "Float",
        "config": {
            "name": "dropout",
            "default": 0.1,
            "min_value": 0.1,
            "max_value": 0.5,
            "step": None,
            "sampling": "linear",
        },
    },
    "schedule": {
        "class_name": "Choice",
        "config": {
            "name": "schedule",
            "default": "constant",
            "values": ["constant", "warmup_cosine"],
            "ordered": False,
        },
    },
}
DEFAULTS = {name: declared["config"]["default"] for name, declared in SPACE.items()}
# In the middle of each range.
MIDDLE = {
    "learning_rate": 1e-3,
    "batch_size": 64,
    "depth": 4,
    "dropout": 0.3,
    "schedule": "constant",
}


@dataclass(frozen=True)
class Made:
    """A trial that is made up: its score (None: failed), values, and losses by epoch."""

    score: float | None
    values: dict[str, Any] = field(default_factory=dict)
    val_loss: Sequence[float] = ()
    loss: Sequence[float] = ()
    scores: Sequence[float] = ()
    norms: Sequence[float] = ()
    waits: Sequence[float] = ()
    best_epoch: int | None = None
    reason: str = ""
    pruned: bool = False
    folds: tuple[float, ...] = ()
    bare: bool = False  # It has these values only.


def settling(epochs: int = 20, to: float = 0.2) -> list[float]:
    """A loss that falls fast and settles."""
    return [to + (1 - to) * float(np.exp(-0.9 * epoch)) for epoch in range(epochs)]


def record_of(
    trials: Sequence[Made],
    *,
    run: Path = Path("runs/made-up"),
    space: dict[str, Any] | None = None,
    max_epochs: int = 30,
    objective: Objective | None = None,
    **config: Any,
) -> SearchRecord:
    """Return the record of a search with these trials; `config` adds to its ``config.json``."""
    objective = objective or Objective("val_accuracy", "max")
    history = History(objective)
    for number, made in enumerate(trials):
        for event in events(number, made, objective.name):
            history.apply(event)
    options = SearchOptions(max_trials=len(trials), max_epochs=max_epochs)
    whole = {
        "command": "python tune.py",
        "options": options.as_dict(),
        "search_space": space or SPACE,
        "dataset": {"name": "made up", "task": "classification", "fingerprint": "0"},
        "objective": {"name": objective.name, "direction": objective.direction},
        "model": "mlp",
        "seed": 0,
        "versions": {"tensorflow": "2", "keras": "3", "python": "3.11"},
        "git_revision": None,
        "max_epochs": max_epochs,
        "patience": 5,
        "roles": {"depth": "scientific"},
        "examples": {"train": 6400, "validation": 1000, "test": 1000},
    }
    return SearchRecord(run, whole | config, history)


def events(number: int, made: Made, metric: str = "val_accuracy") -> list[dict[str, Any]]:
    """Return the journal's events of a made-up trial."""
    base = DEFAULTS if number == 0 else MIDDLE
    trial = Trial(number, {**({} if made.bare else base), **made.values})
    named = {
        "val_loss": made.val_loss,
        "loss": made.loss,
        "gradient_norm": made.norms,
        WAITING: made.waits,
        metric: made.scores,
    }
    epochs = max(map(len, named.values()))
    told: list[dict[str, Any]] = [created_event(trial), started_event(trial, 0)]
    for epoch in range(epochs):
        metrics: dict[str, float] = {}
        for name, values in named.items():
            if epoch < len(values):
                metrics[name] = float(values[epoch])
        told.append(epoch_event(EpochReport(number, 0, epoch + 1, metrics, 0.1)))
    ended_well = Cause.CURVE if made.pruned else Cause.FINISHED
    broke = Cause.DIVERGED if made.reason.startswith("diverged") else Cause.EXCEPTION
    cause = broke if made.score is None else ended_well
    best_epoch = None if made.score is None else made.best_epoch or max(epochs, 1)
    result = TrialResult(
        *(number, 0, cause, made.score, best_epoch, 1.0, made.reason), fold_scores=made.folds
    )
    told.append(ended_event(trial, result))
    return told


def found(record: SearchRecord, rule: str) -> Finding | None:
    """Return the first finding of a rule."""
    return next((finding for finding in findings_of(record) if finding.rule == rule), None)


def branching() -> keras_tuner.HyperParameters:
    """Most hyperparameters are inactive in most trials, one name is declared in two branches."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("optimizer", ["adam", "sgd", "rmsprop"], default="adam")
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-3)
    hp.Int("layers", 1, 3, default=1)
    hp.Choice("batch_size", [16, 32], default=32)
    with hp.conditional_scope("optimizer", ["adam"]):
        hp.Float("beta", 0.8, 0.99, default=0.9)
    with hp.conditional_scope("optimizer", ["sgd"]):
        hp.Float("momentum", 0.0, 0.5, default=0.1)
        hp.Boolean("nesterov")
        with hp.conditional_scope("nesterov", [True]):
            hp.Choice("schedule", ["constant", "warmup_cosine"])
    with hp.conditional_scope("optimizer", ["rmsprop"]):
        hp.Float("momentum", 0.5, 1.0, default=0.9)
        hp.Fixed("centered", True)
    for layer in (2, 3):
        with hp.conditional_scope("layers", list(range(layer, 4))):
            hp.Int(f"units_{layer}", 8, 64, step=8, default=8)
            hp.Boolean(f"dropout_{layer}")
            with hp.conditional_scope(f"dropout_{layer}", [True]):
                hp.Float(f"rate_{layer}", 0.1, 0.5, default=0.1)
    return hp


def branching_record(
    trials: int, score: Callable[[dict[str, Any]], float | None] | None = None, **config: Any
) -> SearchRecord:
    """Return a search of the space with branches: the defaults, then random points.

    A score is made of the values; without one sgd with a large momentum is best.
    """
    declared = branching().get_config()["space"]
    space, rng = SearchSpace(declared), np.random.default_rng(0)
    points = [space.defaults(), *(space.decode(rng.random(len(space.free))) for _ in range(trials))]

    def made(values: dict[str, Any]) -> Made:
        reached = (score or momentum_decides)(values)
        ends = [0.2 + 0.8 * float(np.exp(-epoch / 3)) for epoch in range(8)]
        return Made(
            reached,
            values,
            ends,
            ends,
            [reached or 0.1] * 8,
            bare=True,
            reason="" if reached else "diverged: loss",
        )

    roles = {"roles": dict.fromkeys(by_name(declared), "scientific")} | config
    return record_of([made(values) for values in points], space=by_name(declared), **roles)


def momentum_decides(values: dict[str, Any]) -> float:
    """Better with sgd, and there with a larger momentum."""
    return 0.5 + (values["momentum"] / 2 if values["optimizer"] == "sgd" else 0.0)
