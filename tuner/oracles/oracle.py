"""The base of our oracles: a strategy says only where the next point lies.

Seeds, defaults, repeats, and what was known before the search are here; the life of trials is in
`bookkeeping`, and their files in `persistence`.
"""

import itertools
import os
import threading
from collections import Counter
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from data.errors import InputError
from tuner.oracles.bookkeeping import ENDED, BookkeepingOracle, locked, trial_id_of
from tuner.oracles.knowledge import Knowledge
from tuner.oracles.objectives import resolve_objective
from tuner.space.cube import SearchSpace, Values
from tuner.trials.seeds import generator

# Draws before a finite space is searched in order for a point that is left.
_DRAWS = 100


class Oracle(BookkeepingOracle):
    """Chooses the values of trials, numbered from 0, and remembers what became of them.

    It serves two masters: a stock `keras_tuner.Tuner` through KerasTuner's methods (`create_trial`,
    `update_trial`, `end_trial`), and a search loop that keeps its own journal of numbered trials
    through `propose`, `conclude` and `replay`.

    A suggestion is a function of the seed, the number of the trial, and what is known so far.

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

    Raises:
        InputError: The direction of the objective is uncertain, or the seed is not a seed.
    """

    # Whether results decide what is tried next, so that those of other searches are of use.
    learns = False

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
        self.expected: dict[str, float] = {}
        self._space: SearchSpace | None = None
        self._keys: dict[str, str] = {}
        self._tried: Counter[str] = Counter()

    # What a strategy adds, and what it may ask.

    def suggest(self, number: int) -> Values | None:
        """Return the values of a trial, a point not `tried`; None when there is no such point.

        Args:
            number: The number of the trial.
        """
        raise NotImplementedError

    @property
    def search_space(self) -> SearchSpace:
        """The space as it is known now; a new object whenever a trial has added to it."""
        entries = self.hyperparameters.space
        if self._space is None or len(self._space.dimensions) != len(entries):
            space = self._space = SearchSpace(entries)
            self._keys = {i: space.key(t.hyperparameters.values) for i, t in self.trials.items()}
            self._tried = Counter(self._keys.values())
        return self._space

    def tried(self, values: Values) -> bool:
        """Tell whether a trial, whatever became of it, has or had these values."""
        return self.search_space.key(values) in self._tried

    def random_point(self, number: int) -> Values | None:
        """Return a random point that was not tried; None when there is none.

        Drawing has no limit in an infinite space: only branches of it can be used up.
        """
        space, rng = self.search_space, generator(self.seed, number, "suggest")
        for _ in range(_DRAWS) if space.size is not None else itertools.count():
            values = space.decode(rng.random(len(space.free)))
            if not self.tried(values):
                return values
        return self._next_untried(int(rng.integers(min(space.size or 1, 2**62))))

    def _next_untried(self, start: int) -> Values | None:
        """Return a finite space's first point from a number on that was not tried."""
        size = self.search_space.size or 0
        points = (self.search_space.point((start + i) % size) for i in range(size))
        return next((values for values in points if not self.tried(values)), None)

    # What a search loop with a journal of its own calls.

    @locked
    def propose(self, number: int) -> Values | None:
        """Choose the values of a new trial and count it as running.

        Args:
            number: The number of the trial, which the oracle must not know yet.

        Returns:
            Active hyperparameters only; None when the space is exhausted.
        """
        values = self.choose(number)
        if values is not None:
            self._add(number, values)
        return values

    @locked
    def conclude(
        self,
        number: int,
        status: str,
        score: float | None = None,
        epoch: int = 0,
        expected: float | None = None,
    ) -> None:
        """Say how a trial ended.

        Args:
            number: The number of the trial.
            status: "completed", "failed", or "pruned" for one that was stopped early.
            score: The objective; for a pruned trial the best that it had reached. A completed or
                pruned trial without a finite score has failed.
            epoch: The epoch of the score.
            expected: For a pruned trial, the score that it would have ended with, as far as one
                can tell.

        Raises:
            RuntimeError: `max_consecutive_failed_trials` have failed.
        """
        trial = self.trials[trial_id_of(number)]
        if trial.status in ENDED:
            raise ValueError(
                f"Expected a running trial. Received {number}, which is {trial.status}."
            )
        if score is not None:
            self._record(trial, {self.objective.name: score}, epoch)
        if expected is not None:
            self.expected[trial.trial_id] = expected
        self._end(trial, _status(status), may_retry=False)
        self._check_consecutive_failures()

    @locked
    def replay(
        self, number: int, values: Values, status: str, score: float | None = None, epoch: int = 0
    ) -> None:
        """Take in a trial of a journal as if it had been proposed and concluded here.

        Args:
            number: The number of the trial. The next trial created has the next number.
            values: Its active hyperparameters.
            status: As for `conclude`, or "running" for one that is about to be concluded.
            score: As for `conclude`.
            epoch: As for `conclude`.
        """
        trial = self._add(number, values)
        if score is not None:
            self._record(trial, {self.objective.name: score}, epoch)
        if _status(status) != TrialStatus.RUNNING:
            self._end(trial, _status(status), may_retry=False)

    @locked
    def add_knowledge(self, knowledge: Knowledge) -> None:
        """Tell of another search, to learn from: its trials are none of this one.

        Raises:
            InputError: The strategy does not learn.
        """
        if not self.learns:
            raise InputError(f"Expected an oracle that learns. Received: {type(self).__name__}")
        self.knowledge.append(knowledge)
        self._space = None  # So that what was made for the space is made anew.

    def reload(self) -> None:
        """Read the project directory; trials that were running are queued to run again."""
        super().reload()
        self._space = None

    def choose(self, number: int) -> Values | None:
        """Return the defaults for trial 0 where somebody stated any, else a suggestion."""
        space = self.search_space
        if number == 0 and space.has_defaults and not self.tried(space.defaults()):
            return space.defaults()
        exhausted = space.size is not None and len(self._tried) >= space.size
        if exhausted and self._next_untried(0) is None:
            return None
        return self.suggest(number)

    def remember_values(self, trial: Any) -> None:
        """Count a trial's point as tried, in place of the one it had before."""
        key = self.search_space.key(trial.hyperparameters.values)
        before = self._keys.pop(trial.trial_id, None)
        if before is not None:
            self._tried[before] -= 1
            if not self._tried[before]:
                del self._tried[before]
        self._keys[trial.trial_id] = key
        self._tried[key] += 1


def _status(status: str) -> str:
    """Return KerasTuner's word for a status of ours, which is the same in capitals."""
    known = {s.lower(): s for s in (*ENDED, TrialStatus.RUNNING)}
    if status.lower() not in known:
        raise InputError(f"Expected a status among {sorted(known)}. Received: {status!r}")
    return known[status.lower()]
