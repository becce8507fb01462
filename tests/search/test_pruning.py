"""Searches with a pruner: what ends where, whoever trains, however often killed."""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.oracles import STRATEGIES
from tuner.pruners import make_pruner
from tuner.search.budget import Budget
from tuner.search.checkpoints import Checkpoints
from tuner.search.chronicle import Chronicle
from tuner.search.loop import Search
from tuner.search.pruning import Pruning
from tuner.search.view import View
from tuner.space.cube import SearchSpace
from tuner.storage.artifacts import ArtifactFolder
from tuner.storage.journal import Journal, read_journal
from tuner.trials.ending import Cause, Status
from tuner.trials.history import History, replayed
from tuner.trials.objective import Objective
from tuner.trials.trial import Assignment, EpochReport, TrialResult

EPOCHS = 12
ACCURACY = Objective("val_accuracy", "max")


class KilledError(Exception):
    """The driver is gone."""


def curve(values: dict[str, Any]) -> list[float]:
    """What a trial with these values reports: rising to its end, with some noise."""
    noise = np.random.default_rng(int(values["x"] * 1e9)).normal(0, 0.01, EPOCHS)
    rise = 1 - 0.6 ** np.arange(1, EPOCHS + 1)
    ends_at = EPOCHS if values["y"] > 0.3 else 8  # Early stopping.
    return list((values["x"] * rise + noise)[:ends_at])


def open_search(
    folder: Path, journal: Journal, pruner: str, lag: int | None, strategy: str = "random"
) -> Search:
    space = keras_tuner.HyperParameters()
    space.Float("x", 0.0, 1.0)
    space.Float("y", 0.0, 1.0)
    path = folder / "journal.jsonl"
    history, damage = (
        replayed(read_journal(path), ACCURACY) if path.exists() else (History(ACCURACY), [])
    )
    assert not damage
    rule = make_pruner(pruner)
    return Search(
        lambda late: STRATEGIES[strategy](SearchSpace(space.get_config()["space"]), 1, 24),
        Chronicle(journal, history),
        View(history, EPOCHS, lag),
        Budget(24),
        Checkpoints(ArtifactFolder(folder / "checkpoints"), history),
        rule and Pruning(rule, ACCURACY),
    )


def training(search: Search, assignment: Assignment, trains_on: int) -> Iterator[None]:
    """A worker with a trial: it hears late that it shall stop, and then says how it ended."""
    reported = curve(assignment.values)
    after = search.history.trials[assignment.number].epochs
    for epoch, score in enumerate(reported[after:], after + 1):
        yield
        report = EpochReport(
            assignment.number, assignment.attempt, epoch, {"val_accuracy": score}, 0.1
        )
        if not search.report_epoch(report):
            trains_on -= 1
            if trains_on < 0:
                break
    yield
    score = max(reported[:epoch])
    search.end_trial(
        TrialResult(
            *(assignment.number, assignment.attempt, Cause.FINISHED),
            score,
            reported.index(score) + 1,
        )
    )


def run(
    folder: Path,
    pruner: str,
    workers: int = 1,
    dice: random.Random | None = None,
    lag: int | None = 4,
    killed_after: int | None = None,
    **options: Any,
) -> list[tuple[Any, ...]]:
    """Run a search with workers that take turns at random; return what became of its trials."""
    dice = dice or random.Random(0)
    folder.mkdir(exist_ok=True)
    with Journal(folder / "journal.jsonl") as journal:
        search = open_search(folder, journal, pruner, lag, **options)
        running: list[Iterator[None]] = []
        steps = 0
        while True:
            while len(running) < workers and (assignment := search.next_trial()) is not None:
                running.append(training(search, assignment, trains_on=dice.randrange(3)))
            if not running:
                break
            one = dice.choice(running)
            if next(one, "over") == "over":
                running.remove(one)
            steps += 1
            if steps == killed_after:
                raise KilledError
    return [
        (t.number, t.status, t.values, t.score, t.best_epoch, t.epochs, t.reason)
        for t in search.history.trials.values()
    ]


PRUNERS = ["median", "asha", "hyperband", "curve"]


@pytest.mark.parametrize("pruner", PRUNERS)
def test_some_trials_are_pruned_and_the_best_is_kept(tmp_path: Path, pruner: str) -> None:
    trials = run(tmp_path, pruner)
    unpruned = run(tmp_path / "unpruned", "none")
    pruned = [t for t in trials if t[1] is Status.PRUNED]
    assert 3 <= len(pruned) < len(trials)
    assert all(f"pruned after epoch {t[5]}: " in t[6] for t in pruned)
    assert all(t[3] == max(curve(t[2])[: t[5]]) for t in pruned)
    assert max(t[3] for t in trials if t[1] is Status.COMPLETED) == max(t[3] for t in trials)
    assert sum(t[5] for t in trials) < sum(t[5] for t in unpruned)


@pytest.mark.parametrize("pruner", PRUNERS)
@settings(max_examples=3)
@given(seed=st.integers(0, 2**32), workers=st.integers(2, 4))
def test_neither_workers_nor_their_pace_nor_kills_change_a_search(
    tmp_path_factory: pytest.TempPathFactory, pruner: str, seed: int, workers: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    undisturbed = run(folder / "a", pruner)
    dice = random.Random(seed)
    for _ in range(3):
        with suppress(KilledError):
            run(folder / "b", pruner, workers, dice, killed_after=dice.randrange(1, 120))
    assert run(folder / "b", pruner, workers, dice) == undisturbed


def test_what_the_suggestions_know_of_pruned_trials_is_the_same_too(tmp_path: Path) -> None:
    options: dict[str, Any] = {"strategy": "bayesian"}
    alone = run(tmp_path / "a", "median", **options)
    with suppress(KilledError):
        run(tmp_path / "b", "median", 3, killed_after=70, **options)
    assert run(tmp_path / "b", "median", 2, random.Random(5), **options) == alone


@pytest.mark.parametrize("strategy", ["random", "bayesian"])
def test_a_lag_of_16_lets_16_workers_make_the_same_search(tmp_path: Path, strategy: str) -> None:
    options: dict[str, Any] = {"lag": 16, "strategy": strategy}
    alone = run(tmp_path / "a", "curve", **options)
    assert run(tmp_path / "b", "curve", 16, random.Random(3), **options) == alone
    assert run(tmp_path / "c", "curve", **options | {"lag": 4}) != alone


def test_without_determinism_all_that_have_ended_are_known(tmp_path: Path) -> None:
    with_lag = run(tmp_path / "a", "asha", lag=4)
    without = run(tmp_path / "b", "asha", lag=None)
    assert [t[:3] for t in with_lag] != [t[:3] for t in without]
    first_pruned = next(t[0] for t in without if t[1] is Status.PRUNED)
    assert first_pruned < 4


def test_no_epoch_of_a_pruned_trial_is_written_down_after_its_end(tmp_path: Path) -> None:
    run(tmp_path, "asha", 3)
    ended = set()
    for event in read_journal(tmp_path / "journal.jsonl").events:
        assert event["event"] != "epoch" or event["trial"] not in ended
        if event["event"] == "trial_ended":
            ended.add(event["trial"])
