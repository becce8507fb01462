"""The life of trials as KerasTuner tells it (create, update, end), with its faults corrected."""

import functools
import math
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FatalValueError

from tuner.oracles.persistence import PersistentOracle

# A trial that was stopped early: it has a partial score, which never competes with full ones.
PRUNED = "PRUNED"

Method = TypeVar("Method", bound=Callable[..., Any])


def locked(method: Method) -> Method:
    """Let one thread at a time into an oracle, and the next one in after an exception too."""

    @functools.wraps(method)
    def call(self: "BookkeepingOracle", *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return method(self, *args, **kwargs)

    return call  # type: ignore[return-value]


class BookkeepingOracle(PersistentOracle):
    """Creates, records and ends trials; a number that is not finite is never a score.

    KerasTuner's own methods for this leave a lock held after an exception, take NaN for the best
    value and infinity for a score, and cannot retry a trial that diverged.
    """

    lock: threading.RLock

    @locked
    def create_trial(self, tuner_id: str) -> Any:
        """Return a trial to run; its status is STOPPED when there is none."""
        if tuner_id in self.ongoing_trials:
            return self.ongoing_trials[tuner_id]
        self.tuner_ids.add(tuner_id)
        if self._retry_queue:
            # What it reported in an earlier run does not count.
            trial_id = self._retry_queue.pop(0)
            trial = Trial(self.trials[trial_id].hyperparameters, trial_id, TrialStatus.RUNNING)
        else:
            trial = self._new_trial()
            if trial.status != TrialStatus.RUNNING:
                self.tuner_ids.discard(tuner_id)
                return trial
            self.start_order.append(trial.trial_id)
        self.trials[trial.trial_id] = self.ongoing_trials[tuner_id] = trial
        self.keep(trial, self._display.on_trial_begin)
        return trial

    @locked
    def update_trial(self, trial_id: str, metrics: dict[str, float], step: int = 0) -> Any:
        """Take the metrics of a step of a trial; among them must be the objective.

        Raises:
            FatalValueError: The objective is missing, which no further trial can mend.
        """
        trial = self.trials[trial_id]
        if isinstance(getattr(self.objective, "objectives", None), list):
            metrics = {**metrics, self.objective.name: self.objective.get_value(metrics)}
        self._require_objective(metrics)
        for name, value in metrics.items():
            if not trial.metrics.exists(name):
                # Only the objective's direction is known, and only it is ever asked for.
                direction = self.objective.direction if name == self.objective.name else "min"
                trial.metrics.register(name, direction)
            trial.metrics.metrics[name].update(float(value), step=step)
        self._save_trial(trial)
        return trial

    @locked
    def end_trial(self, trial: Any) -> None:
        """Take the end of a trial that `create_trial` gave: COMPLETED, INVALID, FAILED or PRUNED.

        Raises:
            FatalValueError: A completed trial never reported the objective.
            RuntimeError: `max_consecutive_failed_trials` have failed, new entries are not allowed.
        """
        known = self.trials[trial.trial_id]
        if trial.status == TrialStatus.COMPLETED:
            self._require_objective(known.metrics.metrics)
        self.update_space(trial.hyperparameters)
        known.hyperparameters = trial.hyperparameters
        known.message = trial.message
        self._run_times[known.trial_id] += 1
        self._settle(known, trial.status)
        for tuner_id, ongoing in list(self.ongoing_trials.items()):
            if ongoing.trial_id == known.trial_id:
                del self.ongoing_trials[tuner_id]
        self.keep(known, self._display.on_trial_end)
        self._check_consecutive_failures()

    def score_trial(self, trial: Any) -> None:
        """Set a trial's score to its best finite value, None without any, and its best step."""
        trial.best_step, trial.score = self.best_step(trial)

    def get_best_trials(self, num_trials: int = 1) -> list[Any]:
        """Return up to `num_trials` completed trials, best first; never others."""
        completed = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        larger_first = self.objective.direction == "max"
        return sorted(completed, key=lambda t: t.score, reverse=larger_first)[:num_trials]

    def best_step(self, trial: Any) -> tuple[int, float | None]:
        """Return the step with the best finite value of the objective so far, and that value."""
        if not trial.metrics.exists(self.objective.name):
            return 0, None
        history = trial.metrics.get_history(self.objective.name)
        values = [(seen.step, float(seen.mean())) for seen in history]
        finite = [(step, value) for step, value in values if math.isfinite(value)]
        best = max if self.objective.direction == "max" else min
        return best(finite, key=lambda one: one[1], default=(0, None))

    # The bookkeeping behind them.

    def _new_trial(self) -> Any:
        """Return a trial that nothing knows of yet, to run unless its status says otherwise."""
        # Unlike KerasTuner's, the name does not depend on `max_trials`.
        trial_id = f"{1 + max(map(int, self.trials), default=-1):04d}"
        response: dict[str, Any] = {"status": TrialStatus.STOPPED}
        if self.max_trials is None or len(self.trials) < self.max_trials:
            response = self.populate_space(trial_id)
        hyperparameters = self.hyperparameters.copy()
        hyperparameters.values = response.get("values", hyperparameters.values)
        return Trial(hyperparameters, trial_id, response["status"])

    def _require_objective(self, metrics: dict[str, Any]) -> None:
        if self.objective.name not in metrics:
            raise FatalValueError(
                f"Expected the objective {self.objective.name!r} among the reported metrics. "
                f"Received: {sorted(metrics)}. Name one of them as the objective, or log it."
            )

    def _settle(self, trial: Any, status: str) -> None:
        """Settle a trial's status and score; queue it if it may run again."""
        trial.status, trial.score = status, None
        if status in (TrialStatus.COMPLETED, PRUNED):
            self.score_trial(trial)
            if trial.score is None:
                trial.status = TrialStatus.INVALID
                trial.message = f"The objective {self.objective.name!r} was never a finite number."
        if trial.status == PRUNED:
            trial.score = None
        retries_left = self.max_retries_per_trial + 1 - self._run_times[trial.trial_id]
        if trial.status == TrialStatus.INVALID and retries_left > 0:
            self._retry_queue.append(trial.trial_id)
        else:
            if trial.status == TrialStatus.INVALID:
                trial.status = TrialStatus.FAILED
            self.end_order.append(trial.trial_id)

    def _check_consecutive_failures(self) -> None:
        limit = self.max_consecutive_failed_trials
        last = [self.trials[trial_id] for trial_id in self.end_order[-limit:]] if limit else []
        if limit and [trial.status for trial in last] == [TrialStatus.FAILED] * limit:
            raise RuntimeError(
                f"Expected fewer than {limit} failed trials in a row. Received {limit}; the last "
                f"says: {last[-1].message or 'nothing'}"
            )
