"""The search loop: asks the oracle, hands trials to an executor, writes down what comes back."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tuner.command_line.interrupts import whole
from tuner.oracles.oracle import Oracle
from tuner.search.checkpoints import Checkpoints
from tuner.search.cross_validation import CrossValidation
from tuner.search.pruning import Pruning
from tuner.storage.journal import Event, Journal
from tuner.trials.ending import Cause, Status
from tuner.trials.events import (
    created_event,
    ended_event,
    epoch_event,
    fold_ended_event,
    started_event,
)
from tuner.trials.history import History
from tuner.trials.trial import Assignment, EpochReport, Trial, TrialResult, Values

# Nothing but failures for so long means that the set-up is wrong, not the values.
GIVE_UP_AFTER = 10
# A worker may die of what another process did; three in a row died of the trial.
RETRIES = 2


# What an executor is given at a time: a trial, or a fold of one.
Run = tuple[Trial, int | None]


class Reporter(Protocol):
    """Shows or writes what happens. Reporters never change the search."""

    def trial_started(self, trial: Trial) -> None:
        """A trial begins to train."""

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        """A trial has finished an epoch; its last metrics are ``trial.curve[-1]``.

        For a fold of a cross-validated trial, ``trial.folds[fold].curve[-1]``.
        """

    def trial_ended(self, trial: Trial) -> None:
        """A trial is over."""

    def close(self) -> None:
        """The search is over, or interrupted."""


@dataclass(frozen=True)
class Budget:
    """When a search ends.

    Attributes:
        trials: How many trials to create in all, an earlier run's included.
        epochs: How many epochs to train in all, an earlier run's included; None: no limit.
        deadline: The `time.monotonic` at which running trials end after their epoch; None: never.
    """

    trials: int
    epochs: int | None = None
    deadline: float | None = None

    def spent(self, history: History) -> str | None:
        """Return what has run out, in words; None while nothing has."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "the time limit"
        if self.epochs is not None and history.epochs >= self.epochs:
            return f"{self.epochs} epochs in all"
        return None


class Search:
    """Owns the oracle, the journal and the history; an executor calls its methods.

    Args:
        oracle: What suggests the values. Trials that `history` holds are replayed into it.
        journal: Where each event goes before it counts.
        history: What an earlier run of this search has left; empty for a new one.
        budget: When to end.
        checkpoints: Which trials keep their model.
        reporters: What is told of each event.
        lag: How many trials before its own a suggestion waits for, and the last that it knows of;
            None: it knows whatever has ended by then.
        pruning: What ends trials early; None: nothing does.
        cross_validation: How trials are divided into folds; None: they are not.
    """

    def __init__(
        self,
        oracle: Oracle,
        journal: Journal,
        history: History,
        budget: Budget,
        checkpoints: Checkpoints,
        reporters: Sequence[Reporter] = (),
        lag: int | None = None,
        pruning: Pruning | None = None,
        cross_validation: CrossValidation | None = None,
    ) -> None:
        self.history = history
        self._oracle = oracle
        self._journal = journal
        self._budget = budget
        self._checkpoints = checkpoints
        self._reporters = reporters
        self._lag = lag
        self._pruning = pruning
        self._began: dict[int, float] = {}
        self._cross_validation = cross_validation
        self._running = {
            number: history.trials[number]
            for number in sorted(history.trials)
            if history.trials[number].status is Status.RUNNING
        }
        self._interrupted: deque[Run] = deque(
            (trial, fold) for trial in self._running.values() for fold in self._folds_running(trial)
        )
        self._losses: Counter[tuple[int, int | None]] = Counter()
        self._stopped: dict[tuple[int, int | None], str] = {}
        self._shown: set[int] = set()
        self._concluded = 0
        self._ready: tuple[int, Values | None] | None = None
        self._leaders: list[Trial | None] = []
        self._all_failed = True
        for number in sorted(history.trials):
            trial = history.trials[number]
            oracle.replay(number, trial.values, Status.RUNNING)
            if lag is None and trial.status is not Status.RUNNING:
                self._conclude(trial)

    @whole
    def next_trial(self) -> Assignment | None:
        """Return the next trial, or fold of one, to run: an interrupted one or a new one."""
        if self._budget.spent(self.history) or self._hopeless():
            return None
        while self._interrupted:
            trial, fold = self._interrupted.popleft()
            # Its other folds may have ended it, and what they say may not be written down yet.
            if self._settle(trial):
                continue
            run = trial if fold is None else trial.folds[fold]
            epochs = self._checkpoints.epochs_to_resume(run, fold)
            assignment = self._start(trial, fold, run.attempt + 1, epochs)
            # It may have been interrupted between an epoch and the pruner's answer.
            self._caught_up(trial.number)
            if not self._prune(trial):
                return assignment
        found = self._next_fold() or self._create_trial() or self._next_fold(ahead=True)
        return None if found is None else self._start(*found)

    @whole
    def prepare(self) -> None:
        """Ask the oracle for the next trial ahead of its time, so that no worker waits for it.

        Only where that makes no difference: a suggestion which waits for nothing would know less.
        """
        if self._lag is not None and not self._interrupted:
            self._suggestion()

    @whole
    def report_epoch(self, report: EpochReport) -> bool:
        """Take the logs of an epoch; return whether the trial shall go on."""
        if self._over(report):
            return False
        trial = self.history.trials[report.number]
        self._record(epoch_event(report), durable=False)
        for reporter in self._reporters:
            reporter.epoch_reported(trial, report.fold)
        if self._prune(trial):
            return False
        spent = self._budget.spent(self.history)
        if spent is not None:
            self._stopped[report.number, report.fold] = f"stopped at {spent}"
        return spent is None

    @whole
    def end_trial(self, result: TrialResult) -> None:
        """Take the end of a trial or of a fold, whatever its end.

        Late news of an abandoned run are dropped.
        """
        if self._over(result):
            return
        if result.status is Status.COMPLETED:
            reason = self._stopped.get((result.number, result.fold))
            if reason is not None:
                result = replace(result, cause=Cause.BUDGET, reason=reason)
        trial = self.history.trials[result.number]
        if result.fold is None:
            self._end(trial, result)
        else:
            self._record(fold_ended_event(result))
            self._checkpoints.run_ended(result.number, result.fold)
            self._settle(trial)

    @whole
    def lose_trial(self, assignment: Assignment, reason: str) -> None:
        """Hear that a run was lost with its worker: run it again, but not for ever."""
        if self._over(assignment):
            return
        run = (assignment.number, assignment.fold)
        self._losses[run] += 1
        if self._losses[run] > RETRIES:
            reason = f"{reason}; so were {RETRIES} runs before"
            self.end_trial(assignment.ended(Cause.WORKER_LOST, reason=reason))
        else:
            self._interrupted.append((self.history.trials[assignment.number], assignment.fold))

    @whole
    def close(self) -> None:
        """Let the reporters finish what they write."""
        for reporter in self._reporters:
            reporter.close()

    def _over(self, news: Assignment | EpochReport | TrialResult) -> bool:
        """Tell whether news of a run come too late; a run trains on until it is told."""
        trial = self.history.trials[news.number]
        run = trial if news.fold is None else trial.folds[news.fold]
        if trial.status is Status.PRUNED or (trial.folds and trial.status is not Status.RUNNING):
            self._checkpoints.discard(trial)
        going = trial.status is run.status is Status.RUNNING
        return not going or run.attempt != news.attempt

    def _start(
        self, trial: Trial, fold: int | None, attempt: int = 0, epochs: int = 0
    ) -> Assignment:
        self._record(started_event(trial, attempt, epochs, fold))
        self._began[trial.number] = time.monotonic()
        if attempt > 0:
            self._shown.discard(trial.number)
        self._show(trial)
        to_beat = self._checkpoints.score_to_beat()
        return Assignment(trial.number, attempt, trial.values, to_beat, fold)

    def _show(self, trial: Trial) -> None:
        if trial.number not in self._shown:
            self._shown.add(trial.number)
            for reporter in self._reporters:
                reporter.trial_started(trial)

    def _prune(self, trial: Trial) -> bool:
        """End a trial after its last epoch if the pruner says so: no later one counts."""
        pruning = self._pruning
        reason = None if pruning is None else pruning.reason_to_stop(trial)
        if pruning is None or reason is None:
            return False
        score, epoch = self.history.objective.best_epoch(trial.curve)
        seconds = time.monotonic() - self._began[trial.number]
        reason = f"pruned after epoch {trial.epochs}: {reason}"
        result = TrialResult(
            *(trial.number, trial.attempt, Cause.CURVE, score, epoch, seconds, reason),
            expected=pruning.expected_score(trial),
        )
        self._end(trial, result)
        return True

    def _end(self, trial: Trial, result: TrialResult) -> None:
        self._show(trial)
        self._record(ended_event(trial, result))
        del self._running[trial.number]
        if self._lag is None:
            self._conclude(trial)
        self._checkpoints.trial_ended(trial)
        for reporter in self._reporters:
            reporter.trial_ended(trial)

    def _folds_running(self, trial: Trial) -> list[int | None]:
        """Return the folds of a trial that are being trained; None for a trial without folds."""
        if self._cross_validation is None:
            return [None]
        return [fold for fold, run in trial.folds.items() if run.status is Status.RUNNING]

    def _next_fold(self, *, ahead: bool = False) -> Run | None:
        """Return the next fold of the oldest running trial that has one to train."""
        if self._cross_validation is None:
            return None
        for trial in list(self._running.values()):
            fold = self._cross_validation.next_fold(trial, ahead=ahead)
            if fold is not None and not self._settle(trial):
                return trial, fold
        return None

    def _settle(self, trial: Trial) -> bool:
        """End a trial whose folds say how it ends; return whether it has ended."""
        if self._cross_validation is None or trial.status is not Status.RUNNING:
            return trial.status is not Status.RUNNING
        result = self._cross_validation.result(trial, self._rival(trial))
        spent = self._budget.spent(self.history)
        if result is None and spent is not None and not self._folds_running(trial):
            result = self._cross_validation.cut_short(trial, f"stopped at {spent}")
        if result is not None:
            self._end(trial, result)
        return result is not None

    def _rival(self, trial: Trial) -> Trial | None:
        """Return the best trial that another one may be compared with while it runs."""
        if self._lag is None:
            return self.history.best
        self._caught_up(trial.number)
        known = trial.number - self._lag
        return self._leaders[known] if known >= 0 else None

    def _create_trial(self) -> Run | None:
        number, values = self._suggestion()
        if values is None:
            return None
        self._ready = None
        self._record(created_event(Trial(number, values)))
        trial = self._running[number] = self.history.trials[number]
        return trial, None if self._cross_validation is None else 0

    def _suggestion(self) -> tuple[int, Values | None]:
        """Return number and values of the next trial, of which there may be none for now."""
        if self._ready is None:
            number = max(self.history.trials, default=-1) + 1
            if len(self.history.trials) >= self._budget.trials or not self._caught_up(number):
                return number, None
            self._ready = number, self._oracle.propose(number)
        return self._ready

    def _caught_up(self, number: int) -> bool:
        """Tell the oracle, in order, of all that a suggestion shall know; False: not ended yet."""
        if self._lag is None:
            return True
        while self._concluded <= number - self._lag:
            trial = self.history.trials[self._concluded]
            if trial.status is Status.RUNNING:
                return False
            self._conclude(trial)
        return True

    def _conclude(self, trial: Trial) -> None:
        self._oracle.conclude(
            trial.number, trial.status, trial.score, trial.best_epoch or 0, trial.expected
        )
        if self._pruning is not None:
            self._pruning.learn(trial)
        self._concluded += 1
        leader = self._leaders[-1] if self._leaders else None
        best = None if leader is None else leader.score
        completed = trial.status is Status.COMPLETED
        leads = completed and self.history.objective.better(trial.score, best)
        self._leaders.append(trial if leads else leader)
        self._all_failed = self._all_failed and trial.status is Status.FAILED

    def _hopeless(self) -> bool:
        return self._all_failed and self._concluded >= GIVE_UP_AFTER

    def _record(self, event: Event, *, durable: bool = True) -> None:
        # First the journal, then the history: what is not written down has not happened.
        event["time"] = round(time.time(), 3)
        self._journal.append(event, durable=durable)
        self.history.apply(event)
