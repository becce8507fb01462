"""A strategy as a `keras_tuner.Oracle`, for a stock `keras_tuner.Tuner`.

The life of trials is in `bookkeeping`, and their files in `persistence`.
"""

import os
import threading
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from data.errors import InputError
from tuner.oracles.bookkeeping import PRUNED, BookkeepingOracle, locked
from tuner.oracles.knowledge import Knowledge
from tuner.oracles.strategy import Strategy
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause
from tuner.trials.known import Known
from tuner.trials.objective import Objective, certain_direction
from tuner.trials.trial import Trial

# What KerasTuner's trials have ended by, as far as it tells.
CAUSES = {
    TrialStatus.COMPLETED: Cause.FINISHED,
    TrialStatus.FAILED: Cause.NO_SCORE,
    PRUNED: Cause.CURVE,
}


class StrategyOracle(BookkeepingOracle):
    """Asks a strategy for the values of trials, and tells it what became of them.

    Args:
        objective: A `keras_tuner.Objective`, or the name of a metric whose direction is certain,
            such as "val_loss" or "val_accuracy".
        max_trials: The most trials to create; None for as many as the space has.
        seed: 0 or larger; None draws one, readable as `seed`.
        hyperparameters: The search space; trials may add to it.
        allow_new_entries: Trials may declare hyperparameters that `hyperparameters` lacks.
        tune_new_entries: Those are searched too, instead of staying at their defaults.
        max_retries_per_trial: How often a trial that crashed or diverged runs again.
        max_consecutive_failed_trials: So many failures in a row raise; None: failures never raise.
        its_own: What the strategy takes besides.

    Raises:
        InputError: The direction of the objective is uncertain, or the seed is not a seed.
    """

    strategy: type[Strategy]

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int | None = 3,
        **its_own: Any,
    ) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
            raise InputError(f"Expected a seed of 0 or larger, or None. Received: seed={seed!r}")
        super().__init__(
            objective=resolve_objective(objective),
            max_trials=max_trials,
            hyperparameters=hyperparameters and hyperparameters.copy(),
            allow_new_entries=allow_new_entries,
            tune_new_entries=tune_new_entries,
            seed=1,  # Not used: KerasTuner takes 0 for "none".
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        self._seed_given = seed is not None
        self.seed = seed if seed is not None else int.from_bytes(os.urandom(4), "big")
        self.lock = threading.RLock()
        self.knowledge: list[Knowledge] = []
        self._its_own = its_own
        self._asked = self._made(self.knowledge)

    @locked
    def add_knowledge(self, knowledge: Knowledge) -> None:
        """Tell of another search, to learn from: its trials are none of this one.

        Raises:
            InputError: The strategy does not learn.
        """
        self._asked = self._made([*self.knowledge, knowledge])
        self.knowledge.append(knowledge)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return KerasTuner's answer to a request for values: a status, and values if RUNNING."""
        if len(self._asked.space.declarations) != len(self.hyperparameters.space):
            self._asked = self._made(self.knowledge)  # A trial has added to the space.
        values = self._asked.suggest(int(trial_id), self._known())
        if values is not None:
            return {"status": TrialStatus.RUNNING, "values": values}
        # Nothing is declared yet: the first trial will tell what there is to search.
        waiting = self.ongoing_trials and not self.hyperparameters.space
        return {"status": TrialStatus.IDLE if waiting else TrialStatus.STOPPED}

    def reload(self) -> None:
        """Read the project directory; trials that were running are queued to run again."""
        super().reload()
        self._asked = self._made(self.knowledge)

    def _made(self, knowledge: list[Knowledge]) -> Strategy:
        space = SearchSpace(self.hyperparameters.get_config()["space"])
        return self.strategy(space, self.seed, self.max_trials, tuple(knowledge), **self._its_own)

    def _known(self) -> Known:
        trials = [self._trial(self.trials[trial_id]) for trial_id in sorted(self.trials, key=int)]
        return Known(
            Objective(self.objective.name, self.objective.direction),
            [trial for trial in trials if trial.cause is not None],
            [trial for trial in trials if trial.cause is None],
        )

    def _trial(self, trial: Any) -> Trial:
        """Return what a strategy may know of one of KerasTuner's trials."""
        score = self.best_step(trial)[1] if trial.status == PRUNED else trial.score
        values = trial.hyperparameters.values
        return Trial(int(trial.trial_id), values, cause=CAUSES.get(trial.status), score=score)


def resolve_objective(objective: Any) -> Any:
    """Return a `keras_tuner.Objective` with a certain direction.

    Args:
        objective: An `Objective`, a list of them (KerasTuner's sum of several), a well-known name
            such as "val_loss" or "val_accuracy", or None for a `run_trial` that returns the one
            number to minimize.

    Raises:
        InputError: The direction of the name is not certain, or is neither "min" nor "max".
    """
    if isinstance(objective, str):
        direction = certain_direction(objective)
        if direction is not None:
            return keras_tuner.Objective(objective, direction)
        raise InputError(
            f"Expected an objective with a direction, since it is not certain whether a larger "
            f"{objective!r} is better. Received: objective={objective!r}. "
            f'Pass keras_tuner.Objective({objective!r}, direction="min") or direction="max".'
        )
    if isinstance(objective, list):
        objective = [resolve_objective(one) for one in objective]
    resolved = keras_tuner.engine.oracle.Oracle(objective).objective
    if resolved.direction not in ("min", "max"):
        raise InputError(
            f'Expected the direction "min" or "max". Received: {resolved}. '
            "Say which way the objective is better."
        )
    return resolved


def oracle_of(strategy: type[Strategy]) -> type[StrategyOracle]:
    """Return a new class, which `tuner.oracles` has by its name: that of the strategy's oracle."""
    content = {"__doc__": strategy.__doc__, "__module__": "tuner.oracles", "strategy": strategy}
    return type(f"{strategy.__name__}Oracle", (StrategyOracle,), content)
