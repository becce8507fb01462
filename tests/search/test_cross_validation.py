"""Folds of a trial: one result, whoever trains them, in whatever order."""

import random
import tempfile
from pathlib import Path

import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.oracles.bayesian import Bayesian
from tuner.search.budget import Budget
from tuner.search.checkpoints import Checkpoints
from tuner.search.chronicle import Chronicle
from tuner.search.cross_validation import CrossValidation
from tuner.search.loop import Search
from tuner.search.view import View
from tuner.space.cube import SearchSpace
from tuner.storage.artifacts import ArtifactFolder
from tuner.storage.journal import Journal, read_journal
from tuner.trials.ending import Cause, Status
from tuner.trials.history import History, replayed
from tuner.trials.objective import Objective
from tuner.trials.trial import Assignment, EpochReport, Trial, TrialResult

ACCURACY = Objective("val_accuracy", "max")
LOSS = Objective("val_loss", "min")


def trial_of(scores: list[float | None], number: int = 0) -> Trial:
    """Return a trial whose folds have ended with these scores; None for one that failed."""
    folds = {
        k: Trial(
            number,
            {},
            cause=Cause.DIVERGED if score is None else Cause.FINISHED,
            score=score,
            best_epoch=k + 1,
            seconds=2.0,
            reason="diverged" if score is None else "",
        )
        for k, score in enumerate(scores)
    }
    return Trial(number, {}, folds=folds)


def rival_of(scores: list[float]) -> Trial:
    return Trial(9, {}, cause=Cause.FINISHED, fold_scores=tuple(scores))


def test_a_trial_is_the_mean_of_its_folds() -> None:
    result = CrossValidation(3, ACCURACY).result(trial_of([0.9, 0.8, 0.7]), None)
    assert result is not None
    assert result.status is Status.COMPLETED
    assert result.score == pytest.approx(0.8)
    assert result.best_epoch == 2
    assert result.seconds == 6.0
    assert result.fold_scores == (0.9, 0.8, 0.7)


def test_a_failed_fold_fails_the_trial_and_is_named() -> None:
    result = CrossValidation(3, ACCURACY).result(trial_of([0.9, None]), None)
    assert result is not None
    assert result.status is Status.FAILED
    assert result.reason == "fold 1: diverged"
    assert result.score is None


def test_a_later_fold_says_nothing_before_an_earlier_one() -> None:
    trial = trial_of([0.9, 0.8, None])
    trial.folds[1].cause = None
    assert CrossValidation(4, ACCURACY).result(trial, None) is None


@pytest.mark.parametrize(
    ("scores", "given_up"),
    [
        ([0.50], False),  # One fold is never enough.
        ([0.90, 0.92], False),
        ([0.88, 0.91], False),  # Behind, but not beyond the margin of 0.021.
        ([0.86, 0.88], True),
        ([0.85, 0.80], True),
        ([0.50, 0.70], True),
        ([0.50, 0.95], False),  # So uneven that the rest may be anything.
        ([0.95, 0.99], False),
    ],
)
def test_a_hopeless_trial_is_given_up(scores: list[float], given_up: bool) -> None:
    rival = rival_of([0.90, 0.92, 0.88, 0.90, 0.93])
    result = CrossValidation(5, ACCURACY).result(trial_of(scores), rival)
    assert (result is not None) == given_up
    turned = CrossValidation(5, LOSS).result(
        trial_of([-score for score in scores if score]),
        rival_of([-score for score in rival.fold_scores]),
    )
    assert (turned is not None) == given_up
    if result is not None:
        assert result.status is Status.PRUNED
        assert result.score == pytest.approx(np.mean(scores))
        assert result.reason.startswith("given up after 2 of 5 folds: 0.")


def test_nothing_is_given_up_without_a_rival_or_with_all_folds_done() -> None:
    validation = CrossValidation(3, ACCURACY)
    assert validation.reason_to_give_up([0.1, 0.1], ()) is None
    assert validation.reason_to_give_up([0.1, 0.1, 0.1], (0.9, 0.9, 0.9)) is None


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_few_of_the_better_trials_are_given_up(noise: float) -> None:
    """Trials that all folds would find better than the rival, when its scores are but luck.

    Args:
        noise: How far folds are apart, next to how far trials are.
    """
    rng = np.random.default_rng(0)
    better = given_up = saved = 0
    for _ in range(3000):
        splits = rng.normal(0, 1, 5)
        ours, rivals = (rng.normal() + noise * (splits + rng.normal(0, 1, 5)) for _ in range(2))
        validation = CrossValidation(5, ACCURACY)
        reasons = [validation.reason_to_give_up(list(ours[:n]), list(rivals)) for n in (2, 3, 4)]
        stopped = any(reason is not None for reason in reasons)
        better += ours.mean() > rivals.mean()
        given_up += stopped and ours.mean() > rivals.mean()
        saved += stopped
    assert given_up / better < 0.06
    assert saved / 3000 > 0.2


def test_the_first_folds_do_not_wait_and_the_next_do() -> None:
    validation, trial = CrossValidation(4, ACCURACY), Trial(0, {})
    assert validation.next_fold(trial) == 0
    trial.folds[0] = Trial(0, {})
    assert validation.next_fold(trial) == 1
    trial.folds[1] = Trial(0, {}, cause=Cause.FINISHED)
    assert validation.next_fold(trial) is None
    assert validation.next_fold(trial, ahead=True) == 2
    trial.folds[0].cause = Cause.FINISHED
    assert validation.next_fold(trial) == 2


# A whole search, its executor simulated.


def search_in(
    folder: Path, folds: int = 4, trials: int = 12, budget: Budget | None = None
) -> Search:
    """Return a search that goes on with what the journal in `folder` tells."""
    space = keras_tuner.HyperParameters()
    space.Float("x", 0.0, 1.0)
    journal = Journal(folder / "journal.jsonl")
    history, damage = replayed(journal.replay, ACCURACY)
    assert damage == []
    return Search(
        lambda late: Bayesian(SearchSpace(space.get_config()["space"]), 0, trials),
        Chronicle(journal, history),
        View(history, max_epochs=1, lag=4),
        Budget(trials) if budget is None else budget,
        Checkpoints(ArtifactFolder(folder / "checkpoints"), history),
        folds=CrossValidation(folds, ACCURACY),
    )


def outcome(run: Assignment) -> TrialResult:
    """Return how a fold ends: by its trial's values and its own number, now and then badly."""
    assert run.fold is not None
    x = run.values["x"]
    noise = np.random.default_rng([int(1e6 * x), run.fold]).normal()
    if int(1e6 * x) % 5 == 0 and run.fold == 1:
        return run.ended(Cause.DIVERGED, reason="diverged")
    score = 0.9 - (x - 0.3) ** 2 + 0.01 * noise + 0.01 * (run.fold % 2)
    return run.ended(Cause.FINISHED, score=score, best_epoch=1, seconds=1.0)


def work_through(search: Search, workers: int, dice: random.Random, steps: int) -> bool:
    """Let simulated workers train, in an order that chance decides; return whether all is done."""
    running: list[tuple[Assignment, bool]] = []
    for _ in range(steps):
        assignment = search.next_trial() if len(running) < workers else None
        if assignment is not None:
            running.append((assignment, False))
        elif not running:
            return True
        if running and (assignment is None or dice.random() < 0.7):
            run, reported = running.pop(dice.randrange(len(running)))
            if run.attempt == 0 and dice.random() < 0.05:
                search.lose_trial(run, "its worker was killed")
            elif reported:
                search.end_trial(outcome(run))
            else:
                metrics = {"val_accuracy": outcome(run).score or 0.0}
                report = EpochReport(run.number, run.attempt, 1, metrics, 0.1, run.fold)
                search.report_epoch(report)
                running.append((run, True))
    return False


def told(history: History) -> list[object]:
    """Return what a seed decides of a search."""
    return [
        (t.number, t.values, t.status, t.score, t.best_epoch, t.reason, t.fold_scores, t.curve)
        for t in history.trials.values()
    ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    search = search_in(tmp_path_factory.mktemp("undisturbed"))
    while (run := search.next_trial()) is not None:
        metrics = {"val_accuracy": outcome(run).score or 0.0}
        search.report_epoch(EpochReport(run.number, run.attempt, 1, metrics, 0.1, run.fold))
        search.end_trial(outcome(run))
    return told(search.history)


def test_the_simulated_search_has_trials_of_every_end(undisturbed: list[object]) -> None:
    ends = {trial[2] for trial in undisturbed}  # type: ignore[index]
    assert ends == {Status.COMPLETED, Status.PRUNED, Status.FAILED}


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 5), st.lists(st.integers(1, 40), max_size=4))
def test_workers_losses_and_interruptions_make_no_difference(
    undisturbed: list[object], seed: int, workers: int, interruptions: list[int]
) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        for steps in interruptions:
            work_through(search_in(Path(folder)), workers, dice, steps)
        search = search_in(Path(folder))
        assert work_through(search, workers, dice, 10_000)
        assert told(search.history) == undisturbed
        again, _ = replayed(read_journal(Path(folder) / "journal.jsonl"), ACCURACY)
        assert told(again) == undisturbed
        events = read_journal(Path(folder) / "journal.jsonl").events
        ended = [(e["trial"], e["fold"]) for e in events if e["event"] == "fold_ended"]
        assert len(ended) == len(set(ended))  # No completed fold trains again.


def test_workers_that_would_idle_train_ahead(tmp_path: Path) -> None:
    search = search_in(tmp_path, folds=4, trials=1)
    runs = [search.next_trial() for _ in range(5)]
    assert [run.fold if run else None for run in runs] == [0, 1, 2, 3, None]


def test_a_search_that_runs_out_of_budget_says_how_many_folds_it_had(tmp_path: Path) -> None:
    search = search_in(tmp_path, budget=Budget(12, epochs=3))
    while (run := search.next_trial()) is not None:
        metrics = {"val_accuracy": 0.5}
        search.report_epoch(EpochReport(run.number, run.attempt, 1, metrics, 0.1, run.fold))
        search.end_trial(outcome(run))
    (trial,) = search.history.trials.values()
    assert trial.status is Status.PRUNED
    assert trial.reason == "stopped at 3 epochs in all after 3 of 4 folds"
    assert len(trial.fold_scores) == 3
