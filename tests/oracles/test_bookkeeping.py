"""Trials as KerasTuner tells them: what it gets wrong, and what it promises."""

import json
import math
import threading
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from data.errors import InputError
from tests.oracles.spaces import FunctionTuner, make, mixed_space


def line() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    return hp


def finish(oracle: Any, *scores: float, worker: str = "w", status: str = "COMPLETED") -> Any:
    """Run the next trial of a worker and return what became of it."""
    trial = oracle.create_trial(worker)
    for step, score in enumerate(scores):
        oracle.update_trial(trial.trial_id, {"score": score}, step=step)
    trial.status = status
    oracle.end_trial(trial)
    return oracle.get_trial(trial.trial_id)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("direction", ["min", "max"])
def test_a_score_that_is_not_finite_fails_the_trial(bad: float, direction: str) -> None:
    oracle = make("random", line(), objective=keras_tuner.Objective("score", direction))
    trial = finish(oracle, bad)
    assert (trial.status, trial.score) == ("FAILED", None)
    assert "score" in trial.message
    good = finish(oracle, 3.0)
    assert oracle.get_best_trials(5) == [good]


@pytest.mark.parametrize(("direction", "best", "step"), [("min", 1.0, 1), ("max", 3.0, 2)])
def test_the_score_is_the_best_finite_step(direction: str, best: float, step: int) -> None:
    oracle = make("random", line(), objective=keras_tuner.Objective("score", direction))
    trial = finish(oracle, math.nan, 1.0, 3.0, math.inf)
    assert (trial.status, trial.score, trial.best_step) == ("COMPLETED", best, step)


def test_a_retry_starts_with_fresh_metrics_and_the_same_values() -> None:
    oracle = make("random", line(), max_retries_per_trial=1)
    first = finish(oracle, math.nan)
    assert first.status == "INVALID"
    second = finish(oracle, 2.0)
    assert (second.trial_id, second.status, second.score) == (first.trial_id, "COMPLETED", 2.0)
    assert second.hyperparameters.values == first.hyperparameters.values
    assert len(oracle.trials) == 1


def test_retries_are_limited() -> None:
    oracle = make("random", line(), max_retries_per_trial=2)
    statuses = [finish(oracle, math.nan).status for _ in range(3)]
    assert statuses == ["INVALID", "INVALID", "FAILED"]
    assert finish(oracle, 1.0).trial_id == "0001"


def test_failed_trials_are_not_retried() -> None:
    oracle = make("random", line(), max_retries_per_trial=2)
    assert finish(oracle, status="FAILED").status == "FAILED"
    assert finish(oracle, 1.0).trial_id == "0001"


def test_consecutive_failures_raise_after_they_are_recorded() -> None:
    oracle = make("random", line(), max_consecutive_failed_trials=3)
    finish(oracle, math.nan)
    finish(oracle, math.nan)
    finish(oracle, 1.0)
    finish(oracle, math.nan)
    finish(oracle, math.nan)
    with pytest.raises(RuntimeError, match="3 failed trials in a row"):
        finish(oracle, math.nan)
    assert oracle.get_trial("0005").status == "FAILED"
    assert not oracle.ongoing_trials


def test_without_a_limit_failures_never_raise() -> None:
    oracle = make("random", line(), max_consecutive_failed_trials=None)
    assert {finish(oracle, math.nan).status for _ in range(10)} == {"FAILED"}


def test_max_trials_stops_and_a_worker_keeps_its_trial() -> None:
    oracle = make("random", line(), max_trials=2)
    first = oracle.create_trial("a")
    assert oracle.create_trial("a") is first
    assert oracle.create_trial("b").trial_id == "0001"
    assert oracle.create_trial("c").status == "STOPPED"
    assert oracle.remaining_trials() == 0


def test_metrics_need_no_known_direction_but_the_objective_must_be_there() -> None:
    oracle = make("random", line())
    trial = oracle.create_trial("w")
    oracle.update_trial(trial.trial_id, {"score": 1.0, "val_f1_or_so": 0.3})
    with pytest.raises(keras_tuner.errors.FatalValueError, match=r"'score'.*\['loss'\]"):
        oracle.update_trial(trial.trial_id, {"loss": 1.0})
    silent = oracle.create_trial("v")
    silent.status = "COMPLETED"
    with pytest.raises(ValueError, match="score"):
        oracle.end_trial(silent)


def test_an_exception_leaves_no_lock_behind() -> None:
    oracle = make("random", line())
    with pytest.raises(KeyError):
        oracle.update_trial("no such trial", {"score": 1.0})
    thread = threading.Thread(target=finish, args=(oracle, 1.0), daemon=True)
    thread.start()
    thread.join(10)
    assert oracle.get_trial("0000").status == "COMPLETED"


@pytest.mark.parametrize(
    ("name", "direction"),
    [("val_loss", "min"), ("loss", "min"), ("val_accuracy", "max"), ("val_mae", "min")]
    + [(name, "max") for name in ("val_f1_score", "val_r2_score", "val_auc_1")],
)
def test_certain_directions(name: str, direction: str) -> None:
    assert make("random", line(), objective=name).objective.direction == direction


@pytest.mark.parametrize("name", ["val_my_metric", "val_score_1", "nonsense"])
def test_uncertain_directions_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}.*direction"):
        make("random", line(), objective=name)


def test_several_objectives_are_summed_as_kerastuner_does() -> None:
    oracle = make("random", line(), objective=["val_loss", keras_tuner.Objective("f1", "max")])
    trial = oracle.create_trial("w")
    oracle.update_trial(trial.trial_id, {"val_loss": 3.0, "f1": 1.0})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    assert oracle.get_best_trials()[0].score == 2.0


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_a_seed_is_a_number_from_zero(seed: Any) -> None:
    with pytest.raises(InputError, match="seed"):
        make("random", line(), seed=seed)


def test_a_pruned_trial_is_known_but_never_the_best() -> None:
    oracle = make("random", line())
    pruned = finish(oracle, 0.1, status="PRUNED")
    finish(oracle, 5.0)
    assert (pruned.status, pruned.score, oracle.best_step(pruned)[1]) == ("PRUNED", None, 0.1)
    assert [t.trial_id for t in oracle.get_best_trials(9)] == ["0001"]


def test_nothing_is_written_without_a_project(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    oracle = make("random", line())
    finish(oracle, 1.0)
    oracle.save()
    assert not list(tmp_path.iterdir())


def crash(_: Any) -> float:
    raise SystemExit


def test_a_trial_that_a_crash_interrupted_runs_again(tmp_path: Path) -> None:
    tuner = FunctionTuner(make("random", line(), max_trials=3), crash, tmp_path)
    with pytest.raises(SystemExit):
        tuner.search(verbose=0)
    values = tuner.oracle.get_trial("0000").hyperparameters.values
    # The tuner's own file appears with its first save; a crash in trial 0 is before that.
    oracle = make("random", line(), max_trials=3)
    oracle._set_project_dir(str(tmp_path), "project")
    oracle.reload()
    again = oracle.create_trial("w")
    assert (again.trial_id, again.hyperparameters.values) == ("0000", values)


def search_once(directory: Path, **keywords: Any) -> Any:
    oracle = make("random", keywords.pop("space", line()), max_trials=2, **keywords)
    tuner = FunctionTuner(oracle, lambda hp: hp.get("x"), directory)
    tuner.search(verbose=0)
    return tuner


def test_other_settings_for_the_same_project_are_refused(tmp_path: Path) -> None:
    search_once(tmp_path)
    wider = keras_tuner.HyperParameters()
    wider.Float("x", 0.0, 2.0)
    with pytest.raises(InputError, match=r"search space: x was Float.*1.0.*is now Float.*2.0"):
        search_once(tmp_path, space=wider)
    with pytest.raises(InputError, match="seed: was 0 and is now 1"):
        search_once(tmp_path, seed=1)
    with pytest.raises(InputError, match="objective"):
        search_once(tmp_path, objective=keras_tuner.Objective("score", "max"))
    assert search_once(tmp_path, seed=None).oracle.seed == 0


def test_files_are_whole_json_and_damage_is_set_aside(tmp_path: Path) -> None:
    search_once(tmp_path)
    files = sorted((tmp_path / "project").rglob("*.json"))
    assert all(json.loads(f.read_text()) is not None for f in files)
    damaged = tmp_path / "project" / "trial_0000" / "trial.json"
    damaged.write_text('{"trial_id"')
    with pytest.warns(UserWarning, match="damaged"):
        oracle = search_once(tmp_path).oracle
    assert (tmp_path / "project" / "trial_0000" / "trial.json.damaged").exists()
    assert "0001" in oracle.trials


def test_new_entries_can_be_forbidden_or_left_at_their_defaults() -> None:
    strict = make("random", line(), allow_new_entries=False)
    trial = strict.create_trial("w")
    trial.hyperparameters.Float("y", 0.0, 1.0)
    strict.update_trial(trial.trial_id, {"score": 1.0})
    trial.status = "COMPLETED"
    with pytest.raises(RuntimeError, match="allow_new_entries"):
        strict.end_trial(trial)
    lazy = make("random", line(), tune_new_entries=False)
    trial = lazy.create_trial("w")
    trial.hyperparameters.Float("y", 0.0, 1.0)
    lazy.update_trial(trial.trial_id, {"score": 1.0})
    trial.status = "COMPLETED"
    lazy.end_trial(trial)
    assert set(lazy.create_trial("w").hyperparameters.values) == {"x"}


def test_an_undeclared_space_makes_other_workers_wait() -> None:
    oracle = make("random")
    first = oracle.create_trial("a")
    assert oracle.create_trial("b").status == "IDLE"
    first.hyperparameters.Float("x", 0.0, 1.0)
    oracle.update_trial(first.trial_id, {"score": 1.0})
    first.status = "COMPLETED"
    oracle.end_trial(first)
    assert "x" in oracle.create_trial("b").hyperparameters.values


def test_the_space_that_was_passed_is_not_changed() -> None:
    hp = mixed_space()
    oracle = make("random", hp)
    trial = oracle.create_trial("w")
    trial.hyperparameters.Float("new", 0.0, 1.0)
    oracle.update_space(trial.hyperparameters)
    assert len(hp.space) == len(oracle.hyperparameters.space) - 1
