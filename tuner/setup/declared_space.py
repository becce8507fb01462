"""What a model builder declares, as KerasTuner's objects."""

import copy
from collections.abc import Iterable
from typing import Any

from keras_tuner import HyperParameters

from tuner.space.hyperparameters import Declaration
from tuner.training.run_trial import ModelBuilder


def declared_space(build: ModelBuilder) -> list[Declaration]:
    """Return every hyperparameter that a model builder declares, those in inactive scopes too.

    A scope that the default values leave closed is opened by building once more with it active.
    """
    space = HyperParameters()
    pending: list[list[Any]] = []
    visited: list[list[Any]] = []
    while True:
        trial = space.copy()
        trial.active_scopes, trial.inactive_scopes = [], []
        if pending:
            _activate(trial, pending.pop())
        build(trial)
        visited += trial.active_scopes
        for scope in trial.inactive_scopes:
            if scope not in pending:
                pending.append(scope)
        pending = [scope for scope in pending if scope not in visited]
        space.merge(trial.space)
        if not pending:
            return list(space.get_config()["space"])


def _activate(hp: HyperParameters, scope: list[Any]) -> None:
    visited_names = {condition.name for condition in scope}
    for condition in scope:
        hp.values[condition.name] = condition.values[0]
    for kind in hp.space:
        if kind.name not in visited_names and hp.is_active(kind):
            hp.values.setdefault(kind.name, kind.default)


def keras_tuner_space(declarations: Iterable[Declaration]) -> HyperParameters:
    """Return a space as KerasTuner has it, with the default values.

    Raises:
        ValueError: KerasTuner does not allow such a declaration.
    """
    # KerasTuner puts objects into what it reads.
    config = {"space": copy.deepcopy(list(declarations)), "values": {}}
    space = HyperParameters()
    space.merge(HyperParameters.from_config(config).space)
    return space
