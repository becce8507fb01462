"""A storage of Optuna, for its dashboard: a study for the search, its trials by their numbers."""

import os
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.space.hyperparameters import Hyperparameter
from tuner.tracking.tracker import Epoch, Outcome, Subject, Tracker, ending, run_directory
from tuner.trials.ending import Status
from tuner.trials.trial import Trial

# The attribute of a trial there that has its number here.
NUMBER = "trial"
STATES = {
    Status.RUNNING: "RUNNING",
    Status.COMPLETED: "COMPLETE",
    Status.PRUNED: "PRUNED",
    Status.FAILED: "FAIL",
}


class Optuna(Tracker):
    """Writes into a database of the run's own, unless ``OPTUNA_STORAGE`` names a place.

    A trial that has ended before it could be told of is written whole, with the times that it had.

    Args:
        subject: What is tracked.
        url: The storage; None: as said above.
    """

    def __init__(self, subject: Subject, url: str | None = None) -> None:
        super().__init__(subject)
        self._url = url or _url(run_directory(subject.record))
        # The ids of trials there, by their numbers here; of the others, when they began.
        self._ids: dict[int, int] = {}
        self._began: dict[int, float] = {}

    @classmethod
    def place(cls, run: Path) -> str:
        look = f"optuna-dashboard {_url(run)} (after pip install optuna-dashboard)"
        return f"{_url(run)}; to look: {look}"

    def start(self) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        objective = self.subject.record.objective
        self._study = study = optuna.create_study(
            storage=self._url,
            study_name=self.subject.name,
            load_if_exists=True,
            direction="minimize" if objective.direction == "min" else "maximize",
        )
        self._storage = study._storage  # Its trials have no public way to go on with one.
        with warnings.catch_warnings(
            category=optuna.exceptions.ExperimentalWarning, action="ignore"
        ):
            study.set_metric_names([objective.name])
        for name, value in self.subject.config.items():
            study.set_user_attr(name, value)
        for trial in study.get_trials(deepcopy=False):
            self._ids[trial.user_attrs[NUMBER]] = trial._trial_id

    def start_trial(self, trial: Trial, time: float, known: int) -> int:
        self._began[trial.number] = time
        if trial.number in self._ids:
            there = self._storage.get_trial(self._ids[trial.number])
            if not there.params.items() <= self._params(trial)[0].items():
                raise InputError(
                    f"the study {self.subject.name} of {self._url} belongs to another search: its "
                    f"trial {trial.number} has {there.params}, this one's {trial.values}"
                )
            return max(there.intermediate_values, default=0)
        if trial.status is Status.RUNNING:
            self._write(trial, Status.RUNNING)
        return 0

    def log(self, trial: Trial, epochs: Sequence[Epoch]) -> None:
        number = self._ids.get(trial.number)
        if number is None or self._storage.get_trial(number).state.is_finished():
            return
        for epoch in epochs:
            value = epoch.metrics.get(self.subject.record.objective.name)
            if value is not None:
                self._storage.set_trial_intermediate_value(number, epoch.number, value)

    def end_trial(self, trial: Trial, time: float) -> None:
        from optuna.trial import TrialState

        number = self._ids.get(trial.number)
        if number is None:
            self._write(trial, trial.status, time)
        elif not (there := self._storage.get_trial(number)).state.is_finished():
            params, scales = self._params(trial)
            for label in params.keys() - there.params.keys():  # Declared late.
                value = scales[label].to_internal_repr(params[label])
                self._storage.set_trial_param(number, label, value, scales[label])
            for name, value in ending(trial).items():
                self._storage.set_trial_user_attr(number, name, value)
            scores = None if trial.score is None else [trial.score]
            self._storage.set_trial_state_values(number, TrialState[STATES[trial.status]], scores)

    def end(self, outcome: Outcome) -> None:
        for name, value in {**outcome.numbers, "findings": outcome.notes}.items():
            self._study.set_user_attr(name, value)

    def _write(self, trial: Trial, status: Status, time: float | None = None) -> None:
        """Create a trial, with everything that is known of it."""
        import optuna

        params, scales = self._params(trial)
        objective = self.subject.record.objective.name
        frozen = optuna.trial.create_trial(
            state=optuna.trial.TrialState[STATES[status]],
            value=trial.score,
            params=params,
            distributions=scales,
            user_attrs={NUMBER: trial.number, **({} if time is None else ending(trial))},
            intermediate_values={
                epoch: metrics[objective]
                for epoch, metrics in enumerate(trial.curve if time else [], 1)
                if objective in metrics
            },
        )
        frozen.datetime_start = datetime.fromtimestamp(self._began[trial.number])
        frozen.datetime_complete = None if time is None else datetime.fromtimestamp(time)
        self._ids[trial.number] = self._storage.create_new_trial(self._study._study_id, frozen)

    def _params(self, trial: Trial) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what is searched of a trial's values, and where each was drawn from."""
        record = self.subject.record
        active = record.space.declared(trial.values)
        searched = {record.label(h): h for h in active.values() if not h.fixed}
        params = {label: trial.values[h.name] for label, h in searched.items()}
        return params, {label: _scale(h, params[label]) for label, h in searched.items()}


def _url(run: Path) -> str:
    return os.environ.get("OPTUNA_STORAGE", f"sqlite:///{run.absolute() / 'optuna.db'}")


def _scale(h: Hyperparameter, value: Any) -> Any:
    """Return Optuna's word for a range, as wide as its value needs; what it has none for is left
    out: steps, reverse_log."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if h.low is None or h.high is None:
        return CategoricalDistribution(h.choices)
    low, high, log = min(h.low, value), max(h.high, value), h.sampling == "log"
    if h.whole:
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(float(low), float(high), log=log)
