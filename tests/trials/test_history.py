import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.storage.journal import Event, Replay
from tuner.trials.ending import Cause, Status
from tuner.trials.events import (
    created_event,
    ended_event,
    epoch_event,
    fold_ended_event,
    started_event,
)
from tuner.trials.history import History, replayed
from tuner.trials.objective import Objective
from tuner.trials.trial import EpochReport, Trial, TrialResult

ACCURACY = Objective("val_accuracy", "max")


def trial_events(
    number: int, score: float | None, epochs: int = 2, attempt: int = 0
) -> list[Event]:
    trial = Trial(number, {"x": number})
    cause = Cause.DIVERGED if score is None else Cause.FINISHED
    return [
        created_event(trial),
        started_event(trial, attempt),
        *(
            epoch_event(EpochReport(number, attempt, epoch, {"val_accuracy": epoch / 10}, 0.1))
            for epoch in range(1, epochs + 1)
        ),
        ended_event(trial, TrialResult(number, attempt, cause, score, 1, 0.5, "")),
    ]


def history_of(events: list[Event]) -> History:
    history, damage = replayed(Replay(events), ACCURACY)
    assert damage == []
    return history


def test_best_is_the_first_of_the_best_completed() -> None:
    scores = [0.5, None, 0.9, 0.9]
    history = history_of([e for n, s in enumerate(scores) for e in trial_events(n, s)])
    assert history.best is history.trials[2]
    assert [t.number for t in history.ranking()] == [2, 3, 0]
    assert history.count(Status.FAILED) == 1
    assert len(history.ends) == 4


@pytest.mark.parametrize("fold", [None, 0])
def test_what_a_trial_costs_is_known_after_its_first_epoch(fold: int | None) -> None:
    trial, metrics = Trial(0, {"x": 0}), {"val_accuracy": 0.5}
    reports = [
        EpochReport(0, 0, n, metrics, 0.1, fold, cost=7.5 if n == 1 else None) for n in (1, 2)
    ]
    history = history_of(
        [created_event(trial), started_event(trial, 0), *map(epoch_event, reports)]
    )
    assert history.trials[0].cost == 7.5


def told(number: int, losses: list[float], best: int, fold: int | None = None) -> list[Event]:
    """Return the events of a training that has an accuracy of 0.9 in its best epoch."""
    reports = [
        EpochReport(number, 0, epoch, {"val_accuracy": 0.9, "val_loss": loss}, 0.1, fold)
        for epoch, loss in enumerate(losses, 1)
    ]
    return [epoch_event(report) for report in reports]


def test_of_equal_scores_the_smaller_loss_in_the_best_epoch_is_better_and_an_unknown_one_last() -> (
    None
):
    events = trial_events(0, 0.9)
    for number, losses, best in [(1, [0.3, 0.9], 1), (2, [0.1, 0.5], 2), (3, [0.9, 0.3], 2)]:
        trial = Trial(number, {})
        result = TrialResult(number, 0, Cause.FINISHED, 0.9, best)
        end = ended_event(trial, result)
        events += [created_event(trial), started_event(trial, 0), *told(number, losses, best), end]
    assert [trial.number for trial in history_of(events).ranking()] == [1, 3, 2, 0]


def test_of_folds_the_mean_of_the_losses_in_their_best_epochs_decides() -> None:
    events: list[Event] = []
    for number, losses in enumerate([(0.2, 0.6), (0.1, 0.5)]):
        trial = Trial(number, {})
        events.append(created_event(trial))
        for fold, loss in enumerate(losses):
            result = TrialResult(number, 0, Cause.FINISHED, 0.9, 2, fold=fold)
            events += [
                started_event(trial, 0, fold=fold),
                *told(number, [9.0, loss], 2, fold),
                fold_ended_event(result),
            ]
        whole = TrialResult(number, 0, Cause.FINISHED, 0.9, 2, fold_scores=(0.9, 0.9))
        events.append(ended_event(trial, whole))
    history = history_of(events)
    assert [trial.number for trial in history.ranking()] == [1, 0]
    assert history.trials[1].best_loss == pytest.approx(0.3)


def test_an_interrupted_trial_starts_its_curve_again() -> None:
    first = trial_events(0, 0.5, epochs=3)[:-1]
    history = history_of(first)
    assert history.trials[0].epochs == 3
    for event in trial_events(0, 0.7, epochs=2, attempt=1)[1:]:
        history.apply(event)
    assert history.trials[0].epochs == 2
    assert history.trials[0].score == 0.7


def test_late_reports_of_an_abandoned_run_change_nothing() -> None:
    history = history_of([*trial_events(0, 0.5, attempt=1)[:-1]])
    history.apply(trial_events(0, 0.9, epochs=5)[-2])
    assert history.trials[0].epochs == 2


def test_an_ended_trial_needs_no_other_line() -> None:
    history = history_of(trial_events(3, 0.8)[-1:])
    assert history.trials[3].values == {"x": 3}
    assert history.best is history.trials[3]


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_repeated_events_change_nothing_and_no_order_loses_an_ended_trial(
    seed: int, trials: int
) -> None:
    events = [e for n in range(trials) for e in trial_events(n, n / 10)]
    scattered = events * 2
    random.Random(seed).shuffle(scattered)
    history, _ = replayed(Replay(scattered), ACCURACY)
    assert {n: t.score for n, t in history.trials.items()} == {n: n / 10 for n in range(trials)}
    assert len(history.ends) == trials


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=3,
)
FIELDS = ("trial", "values", "attempt", "epoch", "metrics", "status", "score", "best_epoch", "fold")
KINDS = (
    "trial_created",
    "trial_started",
    "epoch",
    "fold_ended",
    "trial_ended",
    "of the future",
)


@given(
    st.lists(
        st.builds(
            lambda kind, rest: {"event": kind, **rest},
            st.sampled_from(KINDS),
            st.dictionaries(
                st.sampled_from((*FIELDS, "seconds", "reason", "folds")), JSON, max_size=8
            ),
        ),
        max_size=5,
    )
)
def test_senseless_events_are_named_and_never_fatal(events: list[Event]) -> None:
    sound = trial_events(0, 0.5)
    history, _ = replayed(Replay([*sound, *events]), ACCURACY)
    assert history.trials[0].score == 0.5
    assert history.best is not None


def test_what_makes_no_sense_says_so() -> None:
    history = History(ACCURACY)
    with pytest.raises(ValueError, match="trial 7 was never created"):
        history.apply({"event": "epoch", "trial": 7})
    with pytest.raises(ValueError, match="epoch event lacks or misspells"):
        history_of(trial_events(0, 0.5)[:1]).apply({"event": "epoch", "trial": 0})
