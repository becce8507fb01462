"""Bayesian optimization: a Gaussian process learns the space, and says where to look next."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from data.errors import InputError
from tuner.oracles.knowledge import best_points, rows_of
from tuner.oracles.maximization import maximize
from tuner.oracles.nearness import Nearness
from tuner.oracles.observations import Observations, Row
from tuner.oracles.quasi_random import sobol_point
from tuner.oracles.strategy import EachTrial, Strategy, Tried
from tuner.oracles.surrogate import Surrogate
from tuner.space.cube import Values
from tuner.space.scale import Floats
from tuner.trials.ending import Status
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.seeds import generator
from tuner.trials.trial import Trial

# So many of the best points have candidates drawn around them.
CENTERS = 5
# So many trials tell as much as the belief that what is best lies near the starts.
TRUST = 10.0


class Bayesian(Strategy):
    """Gaussian process with log expected improvement, half quasi-random at the start.

    Args:
        num_initial_points: How many trials are initial ones, before the model chooses alone.
            None: a fifth of `max_trials`, 5 to 10.
        cost: Weigh an improvement by what the trial costs.
        arguments: As for `Strategy`.

    Every second initial point comes from a Sobol sequence, the others are the model's as soon as
    two scores are known. What is known is used from the start, as small designs do well (Bossek et
    al., Initial Design Strategies and their Effects on Sequential Model-Based Optimization, 2020),
    and a model of few points, which is often wrong, is corrected by what is seen elsewhere (as in
    SMAC: Hutter et al., Sequential Model-Based Optimization for General Algorithm Configuration,
    2011). Another search's best trial is tried before all that, in this one's ranges.

    Of two points that promise the same, the cheaper one comes first. The cost counts less and less
    as the search goes on, and at its end not at all: what is best may be expensive (Lee et al.,
    Cost-aware Bayesian Optimization, 2020, for a budget of seconds).

    Sources: Jones et al., Efficient Global Optimization (1998); Snoek et al., Practical Bayesian
    Optimization of Machine Learning Algorithms (2012).
    """

    learns = True

    def __init__(
        self,
        *arguments: Any,
        num_initial_points: int | None = None,
        cost: bool = True,
        **keywords: Any,
    ) -> None:
        super().__init__(*arguments, **keywords)
        if num_initial_points is None:
            num_initial_points = min(max((self.max_trials or 50) // 5, 5), 10)
        if num_initial_points < 1:
            raise InputError(
                "Expected at least one initial point. Received: "
                f"num_initial_points={num_initial_points!r}"
            )
        self.num_initial_points, self.cost = num_initial_points, cost
        self._surrogate = Surrogate(self.space)
        believes = self._starts and not self.others
        self._nearness = Nearness(self.space, self._starts) if believes else None
        self._encoded = EachTrial(self.space.encode)
        self._taught: dict[int, tuple[list[Row], list[Values]]] = {}
        self._threads: ThreadpoolController | None = None

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        values = next(itertools.filterfalse(tried, self._promising(number, known)), None)
        return self.random_point(number, tried) if values is None else values

    def _promising(self, number: int, known: Known) -> Iterator[Values]:
        """Yield points in the order in which they are to be tried."""
        foreign, best = self._of_others(known.objective)
        yield from best
        rows = [*foreign, *(self._row(trial, known.objective) for trial in known.ended)]
        dimensions = len(self.space.free)
        observed = Observations.of(rows, dimensions)
        explores = number < self.num_initial_points and number % 2 == 1
        units: Iterable[Floats]
        if observed.exact.sum() < 2 or not dimensions or explores:
            # From the first on, so that none is left out: of the points up to an index each half,
            # quarter and so on of a range has its share, but not of every second one of them.
            units = (sobol_point(dimensions, index, self.seed) for index in range(number + 1))
        else:
            running = [self._encoded(trial) for trial in known.running]
            units = self._ranked(observed, running, number)
        yield from map(self.space.decode, units)

    def _ranked(self, observed: Observations, running: list[Floats], number: int) -> Floats:
        """Return candidates, the most promising first, shape (n, d)."""
        # The matrices are too small for threads: a pool would only spin, beside the training.
        self._threads = self._threads or ThreadpoolController()
        with self._threads.limit(limits=1, user_api="blas"):
            surface = self._surrogate.acquisition(observed, running, self._thrift(number))
            if self._nearness is not None:
                trust = TRUST / len(observed.scores)
                surface = replace(surface, nearness=self._nearness, trust=trust)
            leading = np.flatnonzero(observed.leading)
            best = leading[np.argsort(observed.scores[leading], kind="stable")[:CENTERS]]
            centers = np.clip(observed.units[best], 0.0, 1.0)
            rng = generator(self.seed, number, "suggest")
            # Fewer when each costs more; by then most of the space is known.
            drawn = min(max(50_000 // len(observed.scores), 500), 1000)
            return maximize(surface, self.space, centers, drawn, rng)

    def _thrift(self, number: int) -> float:
        """Return the power of the cost that counts: 1 at the start or without an end, then less."""
        if not self.cost:
            return 0.0
        return 1.0 if self.max_trials is None else max(1.0 - number / self.max_trials, 0.0)

    def _row(self, trial: Trial, objective: Objective) -> Row:
        cost = np.nan if trial.cost is None else trial.cost
        row = partial(Row, self._encoded(trial), cost=cost)
        if trial.status is Status.FAILED or trial.score is None:
            return row(np.nan)
        if trial.status is Status.COMPLETED:
            return row(objective.sign * trial.score)
        if trial.expected is not None:
            return row(objective.sign * trial.expected)
        return row(objective.sign * trial.score, pruned=True)

    def _of_others(self, objective: Objective) -> tuple[list[Row], list[Values]]:
        """Return the trials of other searches, and the best points of each."""
        sign = objective.sign
        if sign not in self._taught:
            rows = rows_of(self.others, self.space, sign)
            self._taught[sign] = rows, best_points(self.others, self.space, sign)
        return self._taught[sign]
