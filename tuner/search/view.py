"""What a trial may know of the others: one answer for its suggestion, its pruner and its folds."""

from bisect import bisect_right

from tuner.pruners import Curves
from tuner.search.curve_table import CurveTable
from tuner.space.hyperparameters import Declaration
from tuner.trials.ending import Status
from tuner.trials.history import History, declared_by
from tuner.trials.known import Known
from tuner.trials.trial import Trial


class View:
    """Looks at a history as single trials may.

    With a lag, trial n knows of the end of the trials up to n - lag, and of no later one. These
    have to end before its suggestion is asked for. So neither the number of workers nor their pace
    decides what is known, and `lag` trials can run at once.

    Args:
        history: The trials.
        max_epochs: The most epochs of a trial.
        lag: 1 or more; None: a trial knows whatever has ended by the time that it asks.
    """

    def __init__(self, history: History, max_epochs: int, lag: int | None) -> None:
        self.lag = lag
        self._history = history
        self._table = CurveTable(history.objective, max_epochs)
        # Those whose end may be known, in the order in which it counts, with the best up to each.
        self._ended: list[Trial] = []
        self._numbers: list[int] = []
        self._leaders: list[Trial | None] = []
        self._next = 0

    def settled(self, number: int) -> bool:
        """Tell whether all trials have ended whose end a suggestion for `number` waits for."""
        self._catch_up()
        return self.lag is None or self._next > number - self.lag

    def ended(self, number: int) -> list[Trial]:
        """Return the trials of whose end a trial may know."""
        return self._ended[: self._count(number)]

    def known(self, number: int) -> Known:
        """Return what the suggestion for a trial may know."""
        ended = sorted(self.ended(number), key=lambda trial: trial.number)
        counted = {trial.number for trial in ended}
        others = [n for n in sorted(self._history.trials) if n < number and n not in counted]
        running = [self._history.trials[n] for n in others]
        return Known(self._history.objective, ended, running)

    def declared(self, number: int) -> list[Declaration]:
        """Return what the trials of whose end a trial may know have added to the search space."""
        return declared_by(sorted(self.ended(number), key=lambda trial: trial.number))

    def curves(self, number: int) -> Curves:
        """Return the learning curves that a trial is compared with."""
        return self._table.first(self._count(number))

    def incumbent(self, number: int) -> Trial | None:
        """Return the best trial that a trial is compared with; None before there is one."""
        count = self._count(number)
        return self._leaders[count - 1] if count else None

    def _count(self, number: int) -> int:
        """Return how many of the ends that may be known a trial knows of."""
        self._catch_up()
        if self.lag is None:
            return len(self._ended)
        return bisect_right(self._numbers, number - self.lag)

    def _catch_up(self) -> None:
        """Take in what has ended since; with a lag as far as all trials before have ended, too."""
        if self.lag is None:
            for trial in self._history.ends[len(self._ended) :]:
                self._take_in(trial)
            return
        while self._next < self._history.next_number:
            following = self._history.trials.get(self._next)
            if following is not None and following.status is Status.RUNNING:
                break
            if following is not None:  # A damaged journal may lack one.
                self._take_in(following)
            self._next += 1

    def _take_in(self, trial: Trial) -> None:
        self._ended.append(trial)
        self._numbers.append(trial.number)
        self._table.learn(trial)
        leader, objective = self._leaders[-1] if self._leaders else None, self._history.objective
        leads = trial.status is Status.COMPLETED and objective.better(trial.score, None)
        if leads and leader is not None:
            leads = objective.rank(trial) < objective.rank(leader)
        self._leaders.append(trial if leads else leader)
