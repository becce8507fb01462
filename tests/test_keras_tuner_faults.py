"""What stock KerasTuner gets wrong without a word, and this project does not.

One test a fault. Some are also tested in depth where the code is; here they stand together.
"""

import json
import math
from importlib.metadata import requires, version
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

import tune
from data.errors import InputError
from tests.conftest import ROOT, SMALL, FinishedSearch
from tuner.command_line.options import SearchOptions
from tuner.oracles import ORACLES
from tuner.setup.preparation import resolve_objective
from tuner.storage.journal import read_journal
from tuner.training.callbacks import DivergedError, KeepBestWeights, StopWhenDiverged
from tuner.training.session import fresh_session
from tuner.trials.ending import Cause
from tuner.trials.events import created_event, ended_event, epoch_event, started_event
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.seeds import seed_sequence
from tuner.trials.trial import EpochReport, Trial, TrialResult


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    return hp


def test_tensorboard_and_scikit_learn_are_required_by_name() -> None:
    # Without TensorBoard, which TensorFlow 2.21 does not bring, every trial of KerasTuner fails.
    assert not any(line.startswith("tensorboard") for line in requires("tensorflow") or [])
    required = (ROOT / "requirements.txt").read_text()
    for package in ("tensorboard", "scikit-learn"):
        assert f"{package}=={version(package)}" in required


def test_an_all_failed_search_has_another_status_than_0_and_no_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no TensorBoard")

    monkeypatch.setattr("tuner.training.run_trial.fit", fail)
    assert tune.main([*SMALL, "--runs-dir", str(tmp_path), "--run", "a"]) == 1
    assert not (tmp_path / "a" / "best.json").exists()


@pytest.mark.parametrize("name", ["val_score", "val_dice", "val_profit_1"])
def test_a_direction_is_asked_for_and_not_guessed(name: str) -> None:
    with pytest.raises(InputError, match="--direction"):
        resolve_objective(SearchOptions(objective=name), "classification", [name])
    given = SearchOptions(objective=name, direction="max")
    assert resolve_objective(given, "classification", [name]) == Objective(name, "max")
    for oracle in ORACLES.values():
        with pytest.raises(InputError, match="direction"):
            oracle(objective=name, max_trials=3, hyperparameters=space())


@pytest.mark.parametrize("score", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("strategy", sorted(ORACLES))
def test_a_score_that_is_no_number_is_a_failure(strategy: str, score: float) -> None:
    for direction in ("min", "max"):
        objective = keras_tuner.Objective("score", direction)
        oracle = ORACLES[strategy](objective=objective, max_trials=9, hyperparameters=space())
        trial = oracle.create_trial("tuner")
        oracle.update_trial(trial.trial_id, {"score": score})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
        assert oracle.get_trial(trial.trial_id).status == "FAILED"
        assert oracle.get_best_trials(5) == []


@pytest.mark.parametrize("strategy", ["random", "quasi-random", "bayesian"])
def test_0_is_a_seed_and_seeds_share_no_points(strategy: str) -> None:
    def points(seed: int, score: float | None = None) -> list[float]:
        objective = keras_tuner.Objective("score", "min")
        oracle = ORACLES[strategy](
            objective=objective, max_trials=5, seed=seed, hyperparameters=space()
        )
        values = []
        for number in range(5):
            trial = oracle.create_trial(f"worker {number}")
            values.append(trial.hyperparameters.values["x"])
            if score is not None:
                oracle.update_trial(trial.trial_id, {"score": score})
                trial.status = "COMPLETED"
                oracle.end_trial(trial)
        return values

    assert points(0) == points(0)
    assert points(0, score=0.0) == points(0, score=0.0)
    # No score is known, so no model looks at the corners, which are the same for all seeds.
    assert len({*points(42), *points(47)}) == 10


def test_training_is_seeded(finished: FinishedSearch, tmp_path: Path) -> None:
    assert tune.main([*SMALL, "--runs-dir", str(tmp_path), "--run", "again"]) == 0
    scores = [
        [line.split(",")[:5] for line in (run / "trials.csv").read_text().splitlines()]
        for run in (finished.path, tmp_path / "again")
    ]
    assert scores[0] == scores[1]


def test_streams_of_neighbouring_seeds_have_nothing_in_common() -> None:
    states = {
        tuple(seed_sequence(seed, trial, "weights").generate_state(4))
        for seed in range(20)
        for trial in range(20)
    }
    assert len(states) == 400


def test_the_precision_policy_survives_a_new_session() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        fresh_session(0)
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_nan_in_the_first_epoch_is_not_the_best_epoch() -> None:
    best = KeepBestWeights(Objective("val_accuracy", "max"))
    best.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    for epoch, score in enumerate([math.nan, 0.5, 0.7, 0.6]):
        best.on_epoch_end(epoch, {"val_accuracy": score})
    assert (best.score, best.epoch) == (0.7, 3)
    with pytest.raises(DivergedError, match="val_loss is nan in epoch 1"):
        StopWhenDiverged().on_epoch_end(0, {"loss": 0.1, "val_loss": math.nan})


def test_every_epoch_is_kept_with_its_time(finished: FinishedSearch) -> None:
    events = read_journal(finished.path / "journal.jsonl").events
    epochs = [event for event in events if event["event"] == "epoch" and event["trial"] == 0]
    assert [event["epoch"] for event in epochs] == [1, 2, 3]
    assert all(event["seconds"] > 0 for event in epochs)
    assert all({"loss", "val_loss", "val_accuracy"} <= set(event["metrics"]) for event in epochs)


def test_the_best_epoch_is_an_epoch(finished: FinishedSearch) -> None:
    best = json.loads((finished.path / "best.json").read_text())
    events = read_journal(finished.path / "journal.jsonl").events
    scores = [
        event["metrics"]["val_accuracy"]
        for event in events
        if event["event"] == "epoch" and event["trial"] == best["trial"]
    ]
    assert best["score"] == max(scores) == scores[best["best_epoch"] - 1]


def test_saved_settings_do_not_win_over_new_ones(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--run", "small", "--runs-dir", str(finished.runs)]
    assert tune.main([*place, "--range", "dropout=0.1:0.2"]) == 2
    assert "search space: dropout" in capsys.readouterr().err


def test_a_trial_that_runs_again_forgets_the_metrics_of_its_first_run() -> None:
    history = History(Objective("val_loss", "min"))
    trial = Trial(0, {"x": 0.5})
    again = TrialResult(0, 1, Cause.FINISHED, 0.4, 1, 1.0)
    for event in (
        created_event(trial),
        started_event(trial, 0),
        epoch_event(EpochReport(0, 0, 1, {"val_loss": math.nan}, 0.1)),
        started_event(trial, 1),
        epoch_event(EpochReport(0, 1, 1, {"val_loss": 0.4}, 0.1)),
        ended_event(trial, again),
    ):
        history.apply(event)
    assert history.trials[0].curve == [{"val_loss": 0.4}]
    assert history.best is not None
    assert np.isclose(history.best.score or 0.0, 0.4)
