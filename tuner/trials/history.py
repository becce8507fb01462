"""The trials of a search, as the journal's events tell them.

A running search and a resumed one build their history from the same events by the same code, so
that they cannot disagree.
"""

import statistics
from bisect import insort
from collections.abc import Callable, Iterable
from typing import Any

from tuner.space.hyperparameters import Declaration
from tuner.storage.journal import Event, Replay
from tuner.trials.ending import Cause, Status, cause_of
from tuner.trials.objective import Objective
from tuner.trials.trial import Metrics, TrainingPath, Trial


class History:
    """Every trial so far and the best of them. One event costs the same however many came before.

    Attributes:
        objective: What makes a trial the best.
        trials: The trials by number.
        ends: The trials that are over, in the order in which they ended.
        next_number: One more than the largest number of a trial.
        epochs: How many epochs were trained in all, those of interrupted runs included.
        late: The numbers of the trials that have declared what the search did not know of.
        learning_rate: What a range test before the first trial has found, as in
            ``learning_rate.json``; None where there was none.
        edited: The files of the code that were edited while the search went on.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.trials: dict[int, Trial] = {}
        self.ends: list[Trial] = []
        self.next_number = 0
        self.epochs = 0
        self.late: set[int] = set()
        self.learning_rate: dict[str, Any] | None = None
        self.edited: set[str] = set()
        self._ranking: list[Trial] = []
        self._handlers: dict[str, Callable[[Event], None]] = {
            "learning_rate_found": self._found,
            "code_accepted": self._code_accepted,
            "trial_created": self._created,
            "trial_started": self._started,
            "hyperparameters_declared": self._declared,
            "epoch": self._epoch,
            "fold_ended": self._fold_ended,
            "trial_ended": self._ended,
        }

    @property
    def declared(self) -> list[Declaration]:
        """What trials have declared that the search did not know of, in the order of the trials."""
        return declared_by(self.trials[number] for number in sorted(self.late))

    def count(self, status: Status) -> int:
        """Return how many trials have a status."""
        return sum(trial.status is status for trial in self.trials.values())

    @property
    def best(self) -> Trial | None:
        """The best completed trial by `Objective.rank`; None before there is one."""
        return self._ranking[0] if self._ranking else None

    def ranking(self) -> list[Trial]:
        """Return the completed trials, best first, by `Objective.rank`."""
        return list(self._ranking)

    def apply(self, event: Event) -> None:
        """Take one event in. What was told before is not told again: repeats change nothing.

        Raises:
            ValueError: The event makes no sense where it stands; the message says why.
        """
        kind = str(event.get("event"))
        if kind not in self._handlers:
            return
        try:
            self._handlers[kind](event)
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"a {kind} event lacks or misspells {error}") from error

    def _found(self, event: Event) -> None:
        if self.learning_rate is None:
            found = {name: value for name, value in event.items() if name not in ("event", "time")}
            rates = {name: float(event[name]) for name in ("learning_rate", "low", "high")}
            self.learning_rate = found | rates

    def _code_accepted(self, event: Event) -> None:
        self.edited |= set(event["files"])

    def _created(self, event: Event) -> None:
        number = _natural(event["trial"])
        if number not in self.trials:
            self.trials[number] = Trial(number, dict(event["values"]))
            self.next_number = max(self.next_number, number + 1)

    def _started(self, event: Event) -> None:
        run, attempt = self._run(event), _natural(event["attempt"])
        self._ran_with(run, event)
        if run is not None and attempt > run.attempt:
            run.attempt, run.curve = attempt, run.curve[: _natural(event.get("epochs", 0))]
            run.epoch_seconds = 0.0

    def _declared(self, event: Event) -> None:
        trial = self._running(event)
        if trial is not None:
            trial.values |= event["values"]
            self.late.add(trial.number)
            trial.declared += [one for one in event["declarations"] if one not in trial.declared]

    def _epoch(self, event: Event) -> None:
        run = self._run(event)
        if run is None or event["attempt"] != run.attempt:
            return
        if "cost" in event:
            self.trials[run.number].cost = float(event["cost"])
        if event["epoch"] == run.epochs + 1:
            run.epoch_seconds += float(event.get("seconds", 0.0))
            run.curve.append({name: float(value) for name, value in event["metrics"].items()})
            self.epochs += 1

    def _fold_ended(self, event: Event) -> None:
        _natural(event["fold"])
        run = self._run(event)
        if run is not None:
            _end(run, event)
            self._ran_with(run, event)

    def _ended(self, event: Event) -> None:
        self._created(event)
        trial = self._running(event)
        if trial is None:
            return
        scores = tuple(float(score) for score in event.get("folds", ()))
        counted = [trial.folds[k] for k in range(len(scores)) if k in trial.folds]
        trial.epoch_seconds += sum(fold.epoch_seconds for fold in trial.folds.values())
        means = mean_curve(counted) if scores else trial.curve
        _end(trial, event)
        self._ran_with(trial, event)
        trial.fold_scores, trial.curve = scores, means
        self.ends.append(trial)
        if trial.status is Status.COMPLETED and self.objective.better(trial.score, None):
            insort(self._ranking, trial, key=self.objective.rank)

    def _ran_with(self, run: Trial | None, event: Event) -> None:
        if run is not None and "code" in event:
            run.code = self.trials[run.number].code = str(event["code"])

    def _running(self, event: Event) -> Trial | None:
        trial = self.trials.get(_natural(event["trial"]))
        if trial is None:
            raise ValueError(f"trial {event['trial']} was never created")
        return trial if trial.status is Status.RUNNING else None

    def _run(self, event: Event) -> Trial | None:
        """Return the trial or the fold that an event is about, while it runs."""
        trial = self._running(event)
        if trial is None or event.get("fold") is None:
            return trial
        fold = trial.folds.setdefault(_natural(event["fold"]), Trial(trial.number, trial.values))
        return fold if fold.status is Status.RUNNING else None


def declared_by(trials: Iterable[Trial]) -> list[Declaration]:
    """Return what trials have declared that the search did not know of, each once."""
    found: list[Declaration] = []
    for trial in trials:
        found += [one for one in trial.declared if one not in found]
    return found


def _end(run: Trial, event: Event) -> None:
    """Write down how a trial, or a fold of one, has ended."""
    score, expected, path = event["score"], event.get("expected"), event.get("path")
    reason, seconds = str(event.get("reason", "")), float(event["seconds"])
    status, told = Status(event["status"]), event.get("cause")
    cause = cause_of(status, reason) if told is None else Cause(told)
    if cause.status is not status:  # Somebody has changed it by hand.
        cause = cause_of(status, reason)
    run.path = None if path is None else TrainingPath(path)
    run.score = None if score is None else float(score)
    run.expected = None if expected is None else float(expected)
    run.seconds, run.best_epoch, run.reason, run.cause = seconds, event["best_epoch"], reason, cause


def mean_curve(folds: list[Trial]) -> list[Metrics]:
    """Return the mean metrics of each epoch; a fold that stopped earlier counts with its last."""
    curves = [fold.curve for fold in folds if fold.curve]
    return [
        {
            name: statistics.fmean(curve[min(epoch, len(curve) - 1)][name] for curve in curves)
            for name in curves[0][0]
        }
        for epoch in range(max(map(len, curves), default=0))
    ]


def replayed(replay: Replay, objective: Objective) -> tuple[History, list[str]]:
    """Return the history that a journal tells, and a sentence for whatever could not be used."""
    history, damage = History(objective), list(replay.damage)
    for event in replay.events:
        try:
            history.apply(event)
        except ValueError as error:
            damage.append(f"an event of the journal was left out: {error}")
    return history, damage


def _natural(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"expected a number of 0 or more, received {value!r}")
    return value
