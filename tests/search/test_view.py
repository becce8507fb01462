"""What a trial may know of the others: by number with a lag, else whatever has ended."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tuner.search.view import View
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial, TrialResult

ACCURACY = Objective("val_accuracy", "max")


def create(history: History, number: int) -> None:
    history.apply(created_event(Trial(number, {"x": number})))


def end(history: History, number: int, score: float | None) -> None:
    cause = Cause.DIVERGED if score is None else Cause.FINISHED
    trial = history.trials[number]
    history.apply(ended_event(trial, TrialResult(number, 0, cause, score, 1)))


def numbers(trials: list[Trial]) -> list[int]:
    return [trial.number for trial in trials]


@given(st.integers(1, 9), st.integers(0, 2**32))
def test_with_a_lag_only_the_number_decides_what_is_known(lag: int, seed: int) -> None:
    dice, history = random.Random(seed), History(ACCURACY)
    view, running = View(history, 3, lag), []
    for number in range(20):
        while not view.settled(number):
            end(history, running.pop(dice.randrange(len(running))), number / 20)
        assert len(running) <= lag
        known = view.known(number)
        assert numbers(list(known.ended)) == list(range(max(0, number + 1 - lag)))
        assert numbers(list(known.running)) == list(range(max(0, number + 1 - lag), number))
        assert len(view.curves(number).numbers) == len(known.ended)
        create(history, number)
        running.append(number)
        while running and dice.random() < 0.4:
            end(history, running.pop(dice.randrange(len(running))), number / 20)


def test_without_a_lag_everything_that_has_ended_is_known_in_its_order() -> None:
    history = History(ACCURACY)
    view = View(history, 3, None)
    for number in range(3):
        create(history, number)
    end(history, 2, 0.5)
    end(history, 0, None)
    assert view.settled(3)
    assert numbers(view.ended(1)) == [2, 0]
    assert numbers(list(view.known(3).running)) == [1]


def test_the_incumbent_is_the_first_of_the_best_that_may_be_known() -> None:
    history = History(ACCURACY)
    for number, score in enumerate([None, 0.5, 0.7, 0.7, 0.9]):
        create(history, number)
        end(history, number, score)
    view = View(history, 3, 2)
    known = [view.incumbent(number) for number in range(7)]
    assert [trial and trial.number for trial in known] == [None, None, None, 1, 2, 2, 4]


def test_a_trial_that_a_damaged_journal_lacks_is_not_waited_for() -> None:
    history = History(ACCURACY)
    for number in (0, 2):
        create(history, number)
        end(history, number, 0.5)
    view = View(history, 3, 1)
    assert view.settled(3)
    assert numbers(view.ended(3)) == [0, 2]


def test_a_curve_that_is_longer_than_asked_counts_as_far_as_asked() -> None:
    history = History(ACCURACY)
    view = View(history, 2, lag=None)
    create(history, 0)
    history.trials[0].curve = [{"val_accuracy": 0.1 * epoch} for epoch in range(5)]
    end(history, 0, 0.4)
    assert view.curves(1).values.shape == (1, 2)
