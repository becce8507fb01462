"""How far one driver goes: python -m benchmarks.fleet

A thousand workers that only pretend to train, with trials of a minute and 30 epochs in a time of
their own, ask and tell the real search: journal, history, pruner, reporters, strategy. Printed is
what the driver needs in real time, and what share of the workers' time that is. Then, how long a
suggestion takes with many running and many ended trials.
"""

import argparse
import heapq
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from keras_tuner import HyperParameters

from model.search_space import search_space
from tuner.command_line.choices import STRATEGIES, load
from tuner.command_line.options import SearchOptions
from tuner.oracles.strategy import Strategy
from tuner.pruners import make_pruner
from tuner.reporting import start_reporters
from tuner.search.budget import Budget
from tuner.search.checkpoints import Checkpoints
from tuner.search.chronicle import Chronicle
from tuner.search.loop import Search
from tuner.search.pruning import Pruning
from tuner.search.view import View
from tuner.space.by_name import by_name
from tuner.space.cube import SearchSpace
from tuner.storage.artifacts import ArtifactFolder
from tuner.storage.journal import Journal
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event, epoch_event
from tuner.trials.history import History
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Assignment, EpochReport, Metrics, Trial, TrialResult

OBJECTIVE = Objective("val_accuracy", "max")
EPOCHS, MINUTE = 30, 60.0
MB = 1024**2


def space() -> SearchSpace:
    """Return the search space of the shipped network for images."""
    hp = HyperParameters()
    search_space(hp, "mlp", examples=100_000, features=784)
    return SearchSpace(hp.get_config()["space"])


def metrics(number: int, epoch: int) -> Metrics:
    """Return what a trial pretends to have reached."""
    rng = np.random.default_rng(number)
    end, pace = rng.uniform(0.1, 1.0), rng.uniform(0.05, 0.4)
    loss = end + (2.3 - end) * math.exp(-pace * epoch) + 0.01 * math.sin(number * epoch)
    return {
        "accuracy": math.exp(-loss),
        "loss": loss,
        "val_accuracy": math.exp(-1.1 * loss),
        "val_loss": 1.1 * loss,
        "learning_rate": 1e-3,
    }


class Fleet:
    """Workers in a time of their own. What the driver takes for each answer is measured.

    Attributes:
        seconds: What each kind of call took, one number a call.
    """

    def __init__(self, search: Search, workers: int) -> None:
        self._search, self._idle = search, workers
        self._events: list[tuple[float, int, int, Assignment]] = []
        self._now = 0.0
        self.seconds: dict[str, list[float]] = {"next_trial": [], "report_epoch": []}
        self.seconds["end_trial"] = []

    def run(self) -> Iterator[int]:
        """Run all trials; yield the number of those that have ended, after each."""
        done = 0
        while self._assign() or self._events:
            self._now, epoch, _, assignment = heapq.heappop(self._events)
            number = assignment.number
            report = EpochReport(number, 0, epoch, metrics(number, epoch), MINUTE / EPOCHS)
            goes_on = self._timed("report_epoch", self._search.report_epoch, report)
            if goes_on and epoch < EPOCHS:
                self._later(epoch + 1, assignment)
                continue
            score = report.metrics["val_accuracy"]
            result = assignment.ended(Cause.FINISHED, score=score, best_epoch=epoch, seconds=1.0)
            self._timed("end_trial", self._search.end_trial, result)
            self._idle, done = self._idle + 1, done + 1
            yield done

    def _assign(self) -> bool:
        while self._idle:
            assignment = self._timed("next_trial", self._search.next_trial)
            if assignment is None:
                return False
            self._idle -= 1
            self._later(1, assignment)
        return True

    def _later(self, epoch: int, assignment: Assignment) -> None:
        # Workers do not keep step.
        pace = MINUTE / EPOCHS * (0.75 + assignment.number * 0.618 % 0.5)
        event = (self._now + pace, epoch, assignment.number, assignment)
        heapq.heappush(self._events, event)

    def _timed(self, kind: str, call: Any, *arguments: Any) -> Any:
        began = time.perf_counter()
        answer = call(*arguments)
        self.seconds[kind].append(time.perf_counter() - began)
        return answer


def drive(workers: int, trials: int, strategy: str, pruner: str, *, reporters: bool) -> None:
    """Run a search with so many workers; print what it takes, part by part."""
    process = psutil.Process()
    options = SearchOptions(max_trials=trials, max_epochs=EPOCHS)
    known = space()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "fleet"
        run.mkdir()
        history = History(OBJECTIVE)
        record = SearchRecord(run, _config(options, known), history)
        rule = make_pruner(pruner)
        with Journal(run / "journal.jsonl") as journal, ExitStack() as opened:
            told = opened.enter_context(start_reporters(record)) if reporters else []
            search = Search(
                lambda late: _strategy(strategy, known, trials),
                Chronicle(journal, history, told),
                View(history, EPOCHS, None),
                Budget(trials),
                Checkpoints(ArtifactFolder(run / "checkpoints"), history),
                None if rule is None else Pruning(rule, OBJECTIVE),
            )
            fleet = Fleet(search, workers)
            kinds = fleet.seconds
            print(
                f"{'ended':>6} {'suggestion':>11} {'report':>9} {'end':>9} "
                f"{'reports/s':>10} {'driver busy':>12} {'MB':>5}"
            )
            seen = dict.fromkeys(kinds, 0)
            part = max(1, trials // 10)
            for done in fleet.run():
                if done % part:
                    continue
                new = {kind: took[seen[kind] :] for kind, took in kinds.items()}
                seen = {kind: len(took) for kind, took in kinds.items()}
                spent = sum(map(sum, new.values()))
                # So many trials take so many workers this long.
                lasted = len(new["report_epoch"]) * MINUTE / EPOCHS / workers
                memory = process.memory_info().rss // MB
                print(
                    f"{done:>6} {1e3 * statistics.mean(new['next_trial']):>8.1f} ms "
                    f"{1e3 * statistics.mean(new['report_epoch']):>6.2f} ms "
                    f"{1e3 * statistics.mean(new['end_trial']):>6.2f} ms "
                    f"{len(new['report_epoch']) / spent:>10.0f} {spent / lasted:>11.0%} "
                    f"{memory:>6}",
                    flush=True,
                )
            print(f"journal: {(run / 'journal.jsonl').stat().st_size / MB:.0f} MB")


def suggestions(strategy: str, ended: Sequence[int], running: Sequence[int]) -> None:
    """Print how long a suggestion takes after so many trials, with so many running."""
    known, rng = space(), np.random.default_rng(0)
    history = History(OBJECTIVE)
    for number in range(max(ended) + max(running)):
        trial = Trial(number, known.decode(rng.random(len(known.free))))
        history.apply(created_event(trial))
        if number < max(ended):
            history.apply(epoch_event(EpochReport(number, 0, 1, metrics(number, 1), 1.0)))
            score = metrics(number, EPOCHS)["val_accuracy"]
            result = TrialResult(number, 0, Cause.FINISHED, score, 1, 1.0)
            history.apply(ended_event(trial, result))
    trials = list(history.trials.values())
    for many in ended:
        for busy in running:
            told = Known(OBJECTIVE, trials[:many], trials[max(ended) : max(ended) + busy])
            suggest = _strategy(strategy, known, 100_000)
            took = []
            for extra in range(4):
                began = time.perf_counter()
                suggest.suggest(many + busy + extra, told)
                took.append(time.perf_counter() - began)
            print(
                f"{strategy}, {many} ended, {busy} running: the first suggestion {took[0]:.2f} s, "
                f"the next ones {statistics.mean(took[1:]):.2f} s",
                flush=True,
            )


def _strategy(name: str, known: SearchSpace, trials: int) -> Strategy:
    strategy: Strategy = load(STRATEGIES[name])(known, 0, trials, [], [])
    return strategy


def _config(options: SearchOptions, known: SearchSpace) -> dict[str, Any]:
    return {
        "command": "python -m benchmarks.fleet",
        "options": options.as_dict(),
        "search_space": by_name(known.declarations),
        "dataset": {"name": "fleet", "task": "classification", "fingerprint": "0"},
        "objective": {"name": OBJECTIVE.name, "direction": OBJECTIVE.direction},
        "model": "mlp",
        "seed": 0,
        "versions": {},
        "git_revision": None,
        "max_epochs": EPOCHS,
        "patience": EPOCHS,
        "roles": {},
        "examples": {"train": 70_000, "validation": 15_000, "test": 15_000},
        "chance": {},
    }


def main() -> int:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--strategy", choices=STRATEGIES, default="random")
    parser.add_argument("--pruner", default="curve")
    parser.add_argument("--no-reporters", dest="reporters", action="store_false")
    parser.add_argument("--suggestions", action="store_true", help="only these")
    options = parser.parse_args()
    if options.suggestions:
        suggestions("bayesian", (100, 1000, 10_000), (0, 200, 1000))
    else:
        drive(
            options.workers,
            options.trials,
            options.strategy,
            options.pruner,
            reporters=options.reporters,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
