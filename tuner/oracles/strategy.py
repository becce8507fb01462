"""Shim, replaced at the merge."""

from typing import Any

from tuner.oracles.oracle import Oracle
from tuner.trials.ending import Status
from tuner.trials.known import Known

Values = dict[str, Any]


class Strategy:
    """Drive an oracle by what is known."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self._done: set[int] = set()

    def suggest(self, number: int, known: Known) -> Values | None:
        for trial in (*known.ended, *known.running):
            if f"{trial.number:04d}" not in self.oracle.trials:
                self.oracle.replay(trial.number, trial.values, Status.RUNNING)
        for trial in known.ended:
            if trial.number not in self._done:
                self._done.add(trial.number)
                self.oracle.conclude(
                    trial.number, trial.status, trial.score, trial.best_epoch or 0, trial.expected
                )
        return self.oracle.propose(number)
