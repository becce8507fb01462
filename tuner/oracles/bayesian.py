"""Bayesian optimization: a Gaussian process learns the space, and says where to look next."""

from typing import Any

import numpy as np
from keras_tuner.engine.trial import TrialStatus
from threadpoolctl import ThreadpoolController

from data.errors import InputError
from tuner.oracles.bookkeeping import PRUNED
from tuner.oracles.knowledge import best_points, rows_of
from tuner.oracles.maximization import maximize
from tuner.oracles.observations import Observations, Row
from tuner.oracles.oracle import Oracle
from tuner.oracles.quasi_random import sobol_point
from tuner.oracles.surrogate import Surrogate
from tuner.space.cube import Values
from tuner.space.dimensions import Floats
from tuner.trials.seeds import generator

# So many of the best points have candidates drawn around them.
CENTERS = 5


class BayesianOracle(Oracle):
    """Gaussian process with log expected improvement, half quasi-random at the start.

    Args:
        num_initial_points: How many trials are initial ones, before the model chooses alone.
            None: a fifth of `max_trials`, 5 to 10.
        arguments: As for `Oracle`.

    Every second initial point comes from a Sobol sequence, the others are the model's as soon as
    two scores are known. What is known is used from the start, as small designs do well (Bossek et
    al., Initial Design Strategies and their Effects on Sequential Model-Based Optimization, 2020),
    and a model of few points, which is often wrong, is corrected by what is seen elsewhere (as in
    SMAC: Hutter et al., Sequential Model-Based Optimization for General Algorithm Configuration,
    2011). Another search's best trial is tried before all that, in this one's ranges.

    Sources: Jones et al., Efficient Global Optimization (1998); Snoek et al., Practical Bayesian
    Optimization of Machine Learning Algorithms (2012).
    """

    learns = True

    def __init__(
        self, *arguments: Any, num_initial_points: int | None = None, **keywords: Any
    ) -> None:
        super().__init__(*arguments, **keywords)
        if num_initial_points is None:
            num_initial_points = min(max((self.max_trials or 50) // 5, 5), 10)
        if num_initial_points < 1:
            raise InputError(
                "Expected at least one initial point. Received: "
                f"num_initial_points={num_initial_points!r}"
            )
        self.num_initial_points = num_initial_points
        self._surrogate: Surrogate | None = None
        self._rows: dict[str, Floats] = {}
        self._foreign: list[Row] = []
        self._first: list[Values] = []
        self._threads: ThreadpoolController | None = None

    def suggest(self, number: int) -> Values | None:
        """Return the most promising point; see `Oracle.suggest`."""
        space, known = self.search_space, self._observations()
        for values in self._first:
            if not self.tried(values):
                return values
        explores = number < self.num_initial_points and number % 2 == 1
        if known.exact.sum() < 2 or not space.free or explores:
            return self._unseen_point(number)
        for units in self._ranked(known, number):
            values = space.decode(units)
            if not self.tried(values):
                return values
        return self.random_point(number)

    def _unseen_point(self, number: int) -> Values | None:
        """Return the first point of a Sobol sequence that was not tried, so that none is left out.

        Of the points up to an index each half, quarter and so on of a range has its share, but not
        of every second one of them.
        """
        for index in range(number + 1):
            units = sobol_point(len(self.search_space.free), index, self.seed)
            values = self.search_space.decode(units)
            if not self.tried(values):
                return values
        return self.random_point(number)

    def _ranked(self, known: Observations, number: int) -> Floats:
        """Return candidates, the most promising first, shape (n, d)."""
        # The matrices are too small for threads: a pool would only spin, beside the training.
        self._threads = self._threads or ThreadpoolController()
        with self._threads.limit(limits=1, user_api="blas"):
            surface = self._current_surrogate().acquisition(known)
            leading = np.flatnonzero(known.leading)
            best = leading[np.argsort(known.scores[leading], kind="stable")[:CENTERS]]
            centers = np.clip(known.units[best], 0.0, 1.0)
            rng = generator(self.seed, number, "suggest")
            # Fewer when each costs more; by then most of the space is known.
            drawn = min(max(50_000 // len(known.scores), 500), 1000)
            return maximize(surface, self.search_space, centers, drawn, rng)

    def _observations(self) -> Observations:
        """Gather what is known: trials of other searches, then this one's in order of number."""
        self._current_surrogate()
        rows = list(self._foreign)
        running: list[Floats] = []
        for trial_id in sorted(self.trials, key=int):
            trial, units = self.trials[trial_id], self._encoded(trial_id)
            if trial.status == TrialStatus.COMPLETED:
                rows.append(Row(units, self.sign * trial.score))
            elif trial.status == TrialStatus.FAILED:
                rows.append(Row(units, np.nan))
            elif trial.status == PRUNED and trial_id in self.expected:
                rows.append(Row(units, self.sign * self.expected[trial_id]))
            elif trial.status == PRUNED:
                rows.append(Row(units, self.sign * self.partial_score(trial), pruned=True))
            else:
                running.append(units)
        return Observations.of(rows, running, len(self.search_space.free))

    def _encoded(self, trial_id: str) -> Floats:
        """Return a trial's coordinates, which do not change while the space is the same."""
        self._current_surrogate()
        if trial_id not in self._rows:
            values = self.trials[trial_id].hyperparameters.values
            self._rows[trial_id] = self.search_space.encode(values)
        return self._rows[trial_id]

    def _current_surrogate(self) -> Surrogate:
        """Return the model of the space; when a trial has added to the space, a new one."""
        if self._surrogate is None or self._surrogate.space is not self.search_space:
            self._surrogate, self._rows = Surrogate(self.search_space), {}
            self._foreign = rows_of(self.knowledge, self.search_space, self.sign)
            self._first = best_points(self.knowledge, self.search_space, self.sign)
        return self._surrogate
