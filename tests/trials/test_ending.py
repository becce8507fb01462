"""How a trial ended is a value; journals of before there were causes tell it by their words."""

import pytest

from tuner.trials.ending import Cause, Status, cause_of
from tuner.trials.objective import Objective, certain_direction


@pytest.mark.parametrize(
    ("status", "reason", "cause"),
    [
        (Status.COMPLETED, "", Cause.FINISHED),
        (Status.COMPLETED, "stopped at the time limit", Cause.BUDGET),
        (Status.PRUNED, "pruned after epoch 3: worse than the median of 5 trials", Cause.CURVE),
        (Status.PRUNED, "given up after 2 of 5 folds: 0.1 behind", Cause.FOLDS),
        (Status.PRUNED, "cut off within an epoch at the time limit", Cause.CUT_OFF),
        (Status.PRUNED, "stopped at 3 epochs in all after 3 of 4 folds", Cause.CUT_OFF),
        (Status.FAILED, "diverged: loss is nan in epoch 1", Cause.DIVERGED),
        (Status.FAILED, "fold 1: diverged: loss is nan in epoch 1", Cause.DIVERGED),
        (Status.FAILED, "val_accuracy was never a finite number", Cause.NO_SCORE),
        (Status.FAILED, "out of memory: OOM when allocating", Cause.OUT_OF_MEMORY),
        (Status.FAILED, "timed out after 5 s (--trial-timeout)", Cause.TIMED_OUT),
        (
            Status.FAILED,
            "its worker ended with exit code 1; so were 2 runs before",
            Cause.WORKER_LOST,
        ),
        (Status.FAILED, "ValueError: given up after all (model.py:3)", Cause.EXCEPTION),
    ],
)
def test_a_reason_of_an_older_journal_tells_the_cause(
    status: Status, reason: str, cause: Cause
) -> None:
    assert cause_of(status, reason) is cause
    assert cause.status is status


def test_every_cause_ends_a_trial() -> None:
    assert all(cause.status is not Status.RUNNING for cause in Cause)


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_loss", "min"),
        ("head_loss", "min"),
        ("val_mean_absolute_error", "min"),
        ("val_mae", "min"),
        ("val_accuracy", "max"),
        ("weighted_acc", "max"),
        ("val_auc", "max"),
        ("val_auc_1", "max"),
        ("val_f1_score", "max"),
        ("gloss", None),
    ],
)
def test_a_direction_is_known_by_the_last_word_or_not_at_all(
    name: str, direction: str | None
) -> None:
    assert certain_direction(name) == direction


@pytest.mark.parametrize("direction", ["min", "max"])
def test_key_gain_and_better_agree(direction: str) -> None:
    objective = Objective("score", direction)  # type: ignore[arg-type]
    good, bad = (0.2, 0.7) if direction == "min" else (0.7, 0.2)
    assert objective.better(good, bad)
    assert not objective.better(bad, good)
    assert not objective.better(good, good)
    assert objective.gain(good, bad) == pytest.approx(0.5)
    assert sorted([None, bad, good], key=objective.sort_key) == [good, bad, None]
    assert objective.better(bad, None)
    assert not any(objective.better(score, None) for score in (None, float("nan"), float("inf")))
