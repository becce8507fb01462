"""What a tracker hears of a journal: each epoch once, whatever becomes of trials and journal."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.findings.searches import record_of
from tuner.storage.journal import JournalTail
from tuner.tracking.follower import Follower, Told
from tuner.tracking.tracker import Epoch, Outcome, Subject, Tracker
from tuner.trials.ending import Cause
from tuner.trials.events import (
    created_event,
    ended_event,
    epoch_event,
    fold_ended_event,
    started_event,
)
from tuner.trials.trial import EpochReport, Trial, TrialResult


class Heard(Tracker):
    """Remembers what it is told."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.calls: list[Any] = []

    def start_trial(self, trial: Trial, time: float, known: int) -> int:
        self.calls.append(("start", trial.number, time, known))
        return known

    def log(self, trial: Trial, epochs: Sequence[Epoch]) -> None:
        self.calls.append([(epoch.number, epoch.time, epoch.metrics) for epoch in epochs])

    def end_trial(self, trial: Trial, time: float) -> None:
        self.calls.append((str(trial.status), time))

    def end(self, outcome: Outcome) -> None:
        raise AssertionError("nobody has said so")


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    return Heard(Subject(record_of([], run=tmp_path), "key"))


def at(time: float, *events: dict[str, Any]) -> list[dict[str, Any]]:
    return [event | {"time": time} for event in events]


def epoch(number: int, loss: float, *, attempt: int = 0, fold: int | None = None) -> dict[str, Any]:
    return epoch_event(EpochReport(0, attempt, number, {"loss": loss}, 1.0, fold))


TRIAL = Trial(0, {"learning_rate": 0.1})
BEGINS = [created_event(TRIAL), started_event(TRIAL, 0)]


def test_epochs_come_with_their_times_and_together_where_there_are_several(
    heard: Heard, tmp_path: Path
) -> None:
    follower = Follower(heard, Told(tmp_path / "told", "here"))
    follower.take(at(1.0, *BEGINS) + at(2.0, epoch(1, 0.5)) + at(3.0, epoch(2, 0.4)))
    follower.take(at(4.0, ended_event(TRIAL, TrialResult(0, 0, Cause.FINISHED, 0.4, 2, 3.0))))
    follower.take([])
    assert heard.calls == [
        ("start", 0, 1.0, 0),
        [(1, 2.0, {"loss": 0.5}), (2, 3.0, {"loss": 0.4})],
        ("completed", 4.0),
    ]


def test_a_trial_that_starts_again_is_told_from_where_it_was_lost(
    heard: Heard, tmp_path: Path
) -> None:
    follower = Follower(heard, Told(tmp_path / "told", "here"))
    follower.take(at(1.0, *BEGINS, epoch(1, 0.5), epoch(2, 0.4)))
    again = [epoch(number, loss, attempt=1) for number, loss in ((1, 0.5), (2, 0.4), (3, 0.3))]
    follower.take(at(2.0, started_event(TRIAL, 1), *again))
    assert heard.calls[-1] == [(3, 2.0, {"loss": 0.3})]


def test_a_later_part_tells_only_what_is_new_and_elsewhere_everything(
    heard: Heard, tmp_path: Path
) -> None:
    events = at(1.0, *BEGINS, epoch(1, 0.5))
    Follower(heard, Told(tmp_path / "told", "here")).take(events)
    with open(tmp_path / "told", "a") as file:
        file.write('{"trial": 0, "epo')  # Killed.
    for place, known in (("here", 1), ("there", 0), ("there", 2)):
        told = Told(tmp_path / "told", place)
        later = Heard(Subject(record_of([], run=tmp_path), told.key))
        Follower(later, told).take([*events, *at(2.0, epoch(2, 0.4))])
        assert later.calls[0] == ("start", 0, 1.0, known)
        assert [number for call in later.calls[1:] for number, *_ in call] == [1, 2][known:]
    keys = [json.loads(line)["key"] for line in (tmp_path / "told").open() if "key" in line]
    assert len(set(keys)) == 1


def test_a_cross_validated_trial_is_told_at_its_end_its_folds_beside_the_mean(
    heard: Heard, tmp_path: Path
) -> None:
    follower = Follower(heard, Told(tmp_path / "told", "here"))
    follower.take(at(1.0, created_event(TRIAL)))
    for fold, losses in enumerate(([0.5, 0.3], [0.7])):
        follower.take(at(2.0, started_event(TRIAL, 0, fold=fold)))
        follower.take(at(2.0, *(epoch(n, loss, fold=fold) for n, loss in enumerate(losses, 1))))
        result = TrialResult(0, 0, Cause.FINISHED, losses[-1], len(losses), 1.0, fold=fold)
        follower.take(at(2.0, fold_ended_event(result)))
    assert heard.calls == [("start", 0, 1.0, 0)]
    result = TrialResult(0, 0, Cause.FINISHED, 0.5, 1, 2.0, fold_scores=(0.3, 0.7))
    follower.take(at(3.0, ended_event(TRIAL, result)))
    first, second = (metrics for *_, metrics in heard.calls[1])
    assert first == {"loss": 0.6, "fold_0/loss": 0.5, "fold_1/loss": 0.7}
    assert second == {"loss": 0.5, "fold_0/loss": 0.3}
    assert heard.calls[2] == ("completed", 3.0)


def test_a_line_of_a_journal_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail, line = JournalTail(path), b'{"event":"epoch","trial":0}\n'
    path.write_bytes(line + b"no event\n" + line[:9])
    assert tail.read() == [{"event": "epoch", "trial": 0}]
    assert tail.read() == []
    with open(path, "ab") as file:
        file.write(line[9:])
    assert tail.read() == [{"event": "epoch", "trial": 0}]
