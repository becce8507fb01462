from pathlib import Path

import keras
import numpy as np
import pytest

from data import load_dataset
from tests.conftest import SMALL
from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import prepare
from tuner.trials.chance import beats_chance, chance_metrics
from tuner.trials.objective import Objective

ACCURACY, LOSS = Objective("val_accuracy", "max"), Objective("val_loss", "min")


def test_a_classifier_is_measured_against_the_most_frequent_class() -> None:
    prepared = prepare(SearchOptions(dataset="breast_cancer"))
    train, validation = prepared.dataset.train.y, prepared.dataset.validation.y
    frequency = np.bincount(train) / len(train)
    assert prepared.chance["val_accuracy"] == pytest.approx(
        np.mean(validation == frequency.argmax())
    )
    assert prepared.chance["val_loss"] == pytest.approx(
        -np.log(frequency[validation]).mean(), rel=1e-4
    )


def test_a_regression_is_measured_against_the_mean() -> None:
    prepared = prepare(SearchOptions(dataset="diabetes"))
    train, validation = prepared.dataset.train.y, prepared.dataset.validation.y
    errors = validation - train.mean()
    assert prepared.chance["val_mean_absolute_error"] == pytest.approx(np.abs(errors).mean(), 1e-4)
    assert prepared.chance["val_loss"] == pytest.approx((errors**2).mean() / train.var(), rel=1e-3)


def test_outputs_of_another_shape_have_no_chance_level() -> None:
    inputs = keras.Input((13,))
    model = keras.Model(inputs, keras.layers.Dense(7)(inputs))
    model.compile("adam", "mean_squared_error")
    assert chance_metrics(model, load_dataset("wine")) == {}


@pytest.mark.parametrize(
    ("score", "objective", "examples", "beats"),
    [
        (0.55, ACCURACY, 100, False),
        (0.55, ACCURACY, 1000, True),
        (0.45, ACCURACY, 1000, False),
        (0.9, ACCURACY, 20, True),
        (0.48, LOSS, 1000, False),
        (0.40, LOSS, 1000, True),
        (0.60, LOSS, 1000, False),
    ],
)
def test_chance_must_be_beaten_clearly(
    score: float, objective: Objective, examples: int, beats: bool
) -> None:
    assert beats_chance(score, 0.5, objective, examples) is beats


def test_a_search_warns_when_the_defaults_have_learned_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import tune

    place = ("--runs-dir", str(tmp_path), "--max-trials", "1")
    assert tune.main([*SMALL, *place, "--fix", "learning_rate=1e-9"]) == 0
    assert "do not clearly beat chance (val_accuracy" in capsys.readouterr().out
    assert tune.main([*SMALL, *place, "--fix", "learning_rate=0.01"]) == 0
    assert "beat chance" not in capsys.readouterr().out
