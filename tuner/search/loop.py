"""The search loop: asks the strategy, hands trials to an executor, takes in what comes back."""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

from tuner.command_line.interrupts import whole
from tuner.oracles.strategy import Strategy
from tuner.search.budget import Budget
from tuner.search.checkpoints import Checkpoints
from tuner.search.chronicle import Chronicle
from tuner.search.cross_validation import CrossValidation
from tuner.search.pruning import Pruning
from tuner.search.view import View
from tuner.space.hyperparameters import Declaration
from tuner.trials.ending import Cause, Status
from tuner.trials.trial import Assignment, EpochReport, Trial, TrialResult, Values

# Nothing but failures for so long means that the set-up is wrong, not the values.
GIVE_UP_AFTER = 10
# A worker may die of what another process did; three in a row died of the trial.
RETRIES = 2

# What an executor is given at a time: a trial, or a fold of one.
Run = tuple[Trial, int | None]


class Search:
    """What executors ask for work and tell about it (see `tuner.execution.executor`).

    Args:
        strategy_on: Returns what suggests values, given what trials have added to the space.
        chronicle: Where everything that happens is told; it knows the trials of an earlier run.
        view: What a trial may know of the others.
        budget: When to end.
        checkpoints: Which trials keep their model.
        pruning: What ends trials early; None: nothing does.
        folds: How trials are divided into folds; None: they are not.
    """

    def __init__(
        self,
        strategy_on: Callable[[list[Declaration]], Strategy],
        chronicle: Chronicle,
        view: View,
        budget: Budget,
        checkpoints: Checkpoints,
        pruning: Pruning | None = None,
        folds: CrossValidation | None = None,
    ) -> None:
        self.history = chronicle.history
        self._strategy_on = strategy_on
        self._strategy: tuple[list[Declaration], Strategy] | None = None
        self._chronicle = chronicle
        self._view = view
        self._budget = budget
        self._checkpoints = checkpoints
        self._pruning = pruning
        self._folds = folds
        trials = sorted(self.history.trials.items())
        self._running = {n: trial for n, trial in trials if trial.status is Status.RUNNING}
        self._interrupted: deque[Run] = deque(
            (trial, fold) for trial in self._running.values() for fold in self._in_training(trial)
        )
        self._began: dict[int, float] = {}
        self._losses: Counter[tuple[int, int | None]] = Counter()
        self._out_of_budget: dict[tuple[int, int | None], str] = {}
        self._suggested: tuple[int, Values | None] | None = None

    @whole
    def next_trial(self) -> Assignment | None:
        """Return the next trial, or fold of one, to run: an interrupted one or a new one."""
        if self._budget.spent(self.history) is not None or self._hopeless():
            return None
        while self._interrupted:
            trial, fold = self._interrupted.popleft()
            # What it has reported may end it, and that may not be written down yet.
            self._settle(trial)
            if trial.status is Status.RUNNING:
                run = trial if fold is None else trial.folds[fold]
                epochs = self._checkpoints.epochs_to_resume(run, fold)
                return self._start(trial, fold, run.attempt + 1, epochs)
        found = self._next_fold() or self._create_trial() or self._next_fold(ahead=True)
        return None if found is None else self._start(*found)

    @whole
    def prepare(self) -> None:
        """Ask for the next suggestion ahead of its time, so that no worker waits for it.

        Only where that makes no difference: one that waits for nothing would know less.
        """
        if self._view.lag is not None and not self._interrupted:
            self._suggest()

    @whole
    def report_epoch(self, report: EpochReport) -> bool:
        """Take the logs of an epoch; return whether the trial shall go on."""
        trial = self.history.trials[report.number]
        if not self._awaited(report):
            self._checkpoints.drop_late(trial)
            return False
        self._chronicle.epoch(report)
        self._settle(trial)
        spent = self._budget.spent(self.history)
        if spent is not None:
            self._out_of_budget[report.number, report.fold] = f"stopped at {spent}"
        return spent is None and trial.status is Status.RUNNING

    @whole
    def end_trial(self, result: TrialResult) -> None:
        """Take the end of a trial or of a fold; late news of an abandoned run are dropped."""
        trial = self.history.trials[result.number]
        if not self._awaited(result):
            self._checkpoints.drop_late(trial)
            return
        reason = self._out_of_budget.get((result.number, result.fold))
        if result.cause is Cause.FINISHED and reason is not None:
            result = replace(result, cause=Cause.BUDGET, reason=reason)
        if result.fold is None:
            self._end(trial, result)
        else:
            self._chronicle.fold_ended(result)
            self._checkpoints.run_ended(result.number, result.fold)
            self._settle(trial)

    @whole
    def lose_trial(self, assignment: Assignment, reason: str) -> None:
        """Hear that a run was lost with its worker: run it again, but not for ever."""
        if not self._awaited(assignment):
            return
        run = (assignment.number, assignment.fold)
        self._losses[run] += 1
        if self._losses[run] > RETRIES:
            reason = f"{reason}; so were {RETRIES} runs before"
            self.end_trial(assignment.ended(Cause.WORKER_LOST, reason=reason))
        else:
            self._interrupted.append((self.history.trials[assignment.number], assignment.fold))

    def _awaited(self, news: Assignment | EpochReport | TrialResult) -> bool:
        """Tell whether a run still counts of which there is news: it trains on until it is told."""
        trial = self.history.trials[news.number]
        run = trial if news.fold is None else trial.folds[news.fold]
        return trial.status is run.status is Status.RUNNING and run.attempt == news.attempt

    def _hopeless(self) -> bool:
        """Tell whether the next suggestion would know of nothing but failures, and of enough."""
        ended = self._view.ended(self.history.next_number)
        return len(ended) >= GIVE_UP_AFTER and all(t.status is Status.FAILED for t in ended)

    def _in_training(self, trial: Trial) -> list[int | None]:
        """Return the folds of a trial that are being trained; None for a trial without folds."""
        if self._folds is None:
            return [None]
        return [fold for fold, run in trial.folds.items() if run.status is Status.RUNNING]

    def _next_fold(self, *, ahead: bool = False) -> Run | None:
        """Return the next fold of the oldest running trial that has one to train."""
        if self._folds is None:
            return None
        for trial in list(self._running.values()):
            self._settle(trial)
            fold = self._folds.next_fold(trial, ahead=ahead)
            if fold is not None and trial.status is Status.RUNNING:
                return trial, fold
        return None

    def _create_trial(self) -> Run | None:
        """Create the trial that is suggested, if there is one by now."""
        number, values = self._suggest()
        if values is None:
            return None
        self._suggested = None
        trial = self._running[number] = self._chronicle.created(number, values)
        return trial, None if self._folds is None else 0

    def _suggest(self) -> tuple[int, Values | None]:
        """Return number and values of the next trial, of which there may be none for now."""
        if self._suggested is not None:
            return self._suggested
        number = self.history.next_number
        if len(self.history.trials) >= self._budget.trials or not self._view.settled(number):
            return number, None
        declared = self._view.declared(number)
        if self._strategy is None or self._strategy[0] != declared:
            self._strategy = declared, self._strategy_on(declared)
        self._suggested = number, self._strategy[1].suggest(number, self._view.known(number))
        return self._suggested

    def _start(
        self, trial: Trial, fold: int | None, attempt: int = 0, epochs: int = 0
    ) -> Assignment:
        self._began[trial.number] = time.monotonic()
        self._chronicle.started(trial, attempt, epochs, fold)
        to_beat = self._checkpoints.score_to_beat()
        return Assignment(trial.number, attempt, trial.values, to_beat, fold)

    def _settle(self, trial: Trial) -> None:
        """End a running trial if its epochs or its folds say how it ends."""
        result = self._verdict(trial) if trial.status is Status.RUNNING else None
        if result is not None:
            self._end(trial, result)

    def _verdict(self, trial: Trial) -> TrialResult | None:
        """Return how a running trial ends by what it has reported; None while it goes on."""
        if self._folds is not None:
            result = self._folds.result(trial, self._view.incumbent(trial.number))
            spent = self._budget.spent(self.history)
            if result is None and spent is not None and not self._in_training(trial):
                return self._folds.cut_short(trial, f"stopped at {spent}")
            return result
        if self._pruning is None:
            return None
        now = time.monotonic()
        seconds = max(now - self._began.get(trial.number, now), trial.epoch_seconds)
        return self._pruning.result(trial, self._view.curves(trial.number), seconds)

    def _end(self, trial: Trial, result: TrialResult) -> None:
        self._chronicle.ended(trial, result)
        del self._running[trial.number]
        self._checkpoints.trial_ended(trial)
