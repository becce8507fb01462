"""The search loop: asks the oracle, hands trials to an executor, writes down what comes back."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tuner.history import History, created_event, ended_event, epoch_event, started_event
from tuner.interrupts import whole
from tuner.oracles.base import Oracle
from tuner.pruning import Pruning
from tuner.storage.checkpoints import Checkpoints
from tuner.storage.journal import Event, Journal
from tuner.trial import Assignment, EpochReport, Status, Trial, TrialResult, Values

# Nothing but failures for so long means that the set-up is wrong, not the values.
GIVE_UP_AFTER = 10
# A worker may die of what another process did; three in a row died of the trial.
RETRIES = 2


class Reporter(Protocol):
    """Shows or writes what happens. Reporters never change the search."""

    def trial_started(self, trial: Trial) -> None:
        """A trial begins to train."""

    def epoch_reported(self, trial: Trial) -> None:
        """A trial has finished an epoch; its last metrics are ``trial.curve[-1]``."""

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
        self._interrupted = deque(t for t in history.trials.values() if t.status is Status.RUNNING)
        self._losses: Counter[int] = Counter()
        self._stopped: dict[int, str] = {}
        self._concluded = 0
        self._ready: tuple[int, Values | None] | None = None
        self._all_failed = True
        for number in sorted(history.trials):
            trial = history.trials[number]
            oracle.replay(number, trial.values, Status.RUNNING)
            if lag is None and trial.status is not Status.RUNNING:
                self._conclude(trial)

    @whole
    def next_trial(self) -> Assignment | None:
        """Return the next trial to run: an interrupted one with its values, or a new one."""
        if self._budget.spent(self.history) or self._hopeless():
            return None
        while self._interrupted:
            trial = self._interrupted.popleft()
            self._start(trial, trial.attempt + 1, self._checkpoints.epochs_to_resume(trial))
            # It may have been interrupted between an epoch and the pruner's answer.
            self._caught_up(trial.number)
            if not self._prune(trial):
                return self._assignment(trial)
        created = self._create_trial()
        if created is None:
            return None
        self._start(created, attempt=0, epochs=0)
        return self._assignment(created)

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
        trial = self.history.trials[report.number]
        if self._over(trial, report.attempt):
            return False
        self._record(epoch_event(report), durable=False)
        for reporter in self._reporters:
            reporter.epoch_reported(trial)
        if self._prune(trial):
            return False
        spent = self._budget.spent(self.history)
        if spent is not None:
            self._stopped[trial.number] = f"stopped at {spent}"
        return spent is None

    @whole
    def end_trial(self, result: TrialResult) -> None:
        """Take the end of a trial, whatever its end. Late news of an abandoned run are dropped."""
        trial = self.history.trials[result.number]
        if self._over(trial, result.attempt):
            return
        if result.status is Status.COMPLETED and trial.number in self._stopped:
            result = replace(result, reason=self._stopped[trial.number])
        self._end(trial, result)

    @whole
    def lose_trial(self, number: int, attempt: int, reason: str) -> None:
        """Hear that a run was lost with its worker: run the trial again, but not for ever."""
        trial = self.history.trials[number]
        if self._over(trial, attempt):
            return
        self._losses[number] += 1
        if self._losses[number] > RETRIES:
            reason = f"{reason}; so were {RETRIES} runs before"
            self.end_trial(TrialResult(number, attempt, Status.FAILED, reason=reason))
        else:
            self._interrupted.append(trial)

    @whole
    def close(self) -> None:
        """Let the reporters finish what they write."""
        for reporter in self._reporters:
            reporter.close()

    def _over(self, trial: Trial, attempt: int) -> bool:
        """Tell whether news of a run come too late; a pruned trial trains on until it is told."""
        if trial.status is Status.PRUNED:
            self._checkpoints.discard(trial)
        return attempt != trial.attempt or trial.status is not Status.RUNNING

    def _start(self, trial: Trial, attempt: int, epochs: int) -> None:
        self._record(started_event(trial, attempt, epochs))
        self._began[trial.number] = time.monotonic()
        for reporter in self._reporters:
            reporter.trial_started(trial)

    def _assignment(self, trial: Trial) -> Assignment:
        to_beat = self._checkpoints.score_to_beat()
        return Assignment(trial.number, trial.attempt, trial.values, to_beat)

    def _prune(self, trial: Trial) -> bool:
        """End a trial after its last epoch if the pruner says so: no later one counts."""
        reason = self._pruning.reason_to_stop(trial) if self._pruning is not None else None
        if reason is None:
            return False
        score, epoch = self.history.objective.best_epoch(trial.curve)
        seconds = time.monotonic() - self._began[trial.number]
        reason = f"pruned after epoch {trial.epochs}: {reason}"
        run = (trial.number, trial.attempt)
        self._end(trial, TrialResult(*run, Status.PRUNED, score, epoch, seconds, reason))
        return True

    def _end(self, trial: Trial, result: TrialResult) -> None:
        self._record(ended_event(trial, result))
        if self._lag is None:
            self._conclude(trial)
        self._checkpoints.trial_ended(trial)
        for reporter in self._reporters:
            reporter.trial_ended(trial)

    def _create_trial(self) -> Trial | None:
        number, values = self._suggestion()
        if values is None:
            return None
        self._ready = None
        self._record(created_event(Trial(number, values)))
        return self.history.trials[number]

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
        self._oracle.conclude(trial.number, trial.status, trial.score, trial.best_epoch or 0)
        if self._pruning is not None:
            self._pruning.learn(trial)
        self._concluded += 1
        self._all_failed = self._all_failed and trial.status is Status.FAILED

    def _hopeless(self) -> bool:
        return self._all_failed and self._concluded >= GIVE_UP_AFTER

    def _record(self, event: Event, *, durable: bool = True) -> None:
        # First the journal, then the history: what is not written down has not happened.
        event["time"] = round(time.time(), 3)
        self._journal.append(event, durable=durable)
        self.history.apply(event)
