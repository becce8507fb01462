"""`tune.py --start-from`: what is taken, what is refused, and what a resume knows."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest

import tune
from tests.conftest import FinishedSearch
from tests.findings.searches import branching
from tests.test_tune import results, rows, search
from tuner.setup.other_searches import sources_of
from tuner.space.by_name import by_name
from tuner.space.cube import SearchSpace
from tuner.trials.objective import Objective


def test_the_best_of_the_other_search_is_trial_1_and_the_defaults_stay_trial_0(
    finished: FinishedSearch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--dataset", "breast_cancer", "--start-from", str(finished.path))
    assert search(tmp_path, "--run", "a", *options) == 0
    first, second, *_ = rows(tmp_path / "a")
    assert first["learning_rate"] == "0.003"
    best = json.loads((finished.path / "best.json").read_text())
    for name, value in best["hyperparameters"].items():
        assert second[name] == str(value)
    assert f"Starting from {finished.path}: 3 completed trials" in capsys.readouterr().out
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert config["start_from"] == [str(finished.path)]


BEST = {"learning_rate": 0.004, "width": 64, "dropout": 0.25}


class Stock(keras_tuner.RandomSearch):
    """A search by KerasTuner, whose best trial has `BEST`."""

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        trial.hyperparameters.values |= BEST if trial.trial_id == "2" else {}
        return {"val_accuracy": 0.7 + 0.01 * (trial.trial_id == "2")}


def keras_tuner_project(folder: Path) -> str:
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    hp.Int("width", 32, 256, step=32)
    hp.Float("dropout", 0.0, 0.5)
    objective = keras_tuner.Objective("val_accuracy", "max")
    keywords = {"hyperparameters": hp, "objective": objective, "max_trials": 4, "seed": 0}
    Stock(lambda hp: None, directory=str(folder), project_name="stock", **keywords).search(
        verbose=0
    )
    return str(folder / "stock")


def table(folder: Path) -> str:
    (folder / "tried.csv").write_text(
        "learning_rate,width,dropout,units,score\n0.001,32,0.1,5,0.5\n0.004,64,0.25,7,0.7\n"
    )
    return str(folder / "tried.csv")


def optuna_study(folder: Path) -> str:
    import optuna

    url = f"sqlite:///{folder}/study.db"
    study = optuna.create_study(storage=url, study_name="mine", direction="maximize")
    for params, score in (({"learning_rate": 0.001, "width": 32}, 0.5), (BEST, 0.7)):
        study.enqueue_trial(params)
        trial = study.ask()
        trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)
        trial.suggest_int("width", 32, 256, step=32)
        trial.suggest_float("dropout", 0.0, 0.5)
        study.tell(trial, score)
    return f"optuna:{url}#mine"


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
@pytest.mark.parametrize(
    "source",
    [keras_tuner_project, table, pytest.param(optuna_study, marks=pytest.mark.extras)],
)
def test_trial_1_is_the_best_of_what_others_wrote(
    source: Callable[[Path], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = source(tmp_path)
    assert search(tmp_path, "--run", "a", "--max-trials", "2", "--start-from", place) == 0
    second = rows(tmp_path / "a")[1]
    assert {name: float(second[name]) for name in BEST} == BEST
    told = capsys.readouterr().out
    assert f"Starting from {place}: " in told
    assert ("left out, since not of this search: units" in told) == (source is table)


def test_a_resumed_search_knows_the_same_though_the_other_is_gone(
    finished: FinishedSearch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(finished.path, other)
    for name, trials in (("whole", "6"), ("resumed", "4")):
        options = ("--start-from", str(other), "--max-trials", trials)
        assert search(tmp_path, "--run", name, "--seed", "5", *options) == 0
    shutil.rmtree(other)
    assert tune.main(["--runs-dir", str(tmp_path), "--run", "resumed", "--max-trials", "6"]) == 0
    assert results(tmp_path / "resumed") == results(tmp_path / "whole")


def test_a_link_is_named_by_its_target(finished: FinishedSearch, tmp_path: Path) -> None:
    assert search(tmp_path, "--run", "a", "--start-from", str(finished.runs / "latest")) == 0
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert config["start_from"] == [str(finished.path)]


def made_up_run(path: Path, space: str, *ends: str) -> None:
    """Write a run directory by hand."""
    path.mkdir()
    kind = {"class_name": "Float", "config": {"name": space, "min_value": 0.0, "max_value": 1.0}}
    config = {
        "objective": {"name": "val_loss", "direction": "min"},
        "search_space": {space: kind},
    }
    (path / "config.json").write_text(json.dumps(config))
    events = [
        {"event": "trial_ended", "trial": i, "attempt": 0, "status": status, "score": 0.5}
        | {"best_epoch": 1, "seconds": 1.0, "values": {space: 0.3}}
        for i, status in enumerate(ends)
    ]
    (path / "journal.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


def test_what_cannot_be_used_is_one_line_and_status_2(
    tmp_path: Path, finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    made_up_run(tmp_path / "failed", "dropout", "failed", "failed")
    made_up_run(tmp_path / "strange", "momentum", "completed")
    made_up_run(tmp_path / "damaged", "dropout", "completed")
    (tmp_path / "damaged" / "config.json").write_text("{")
    runs = tmp_path / "runs"
    for options, expected in [
        (("--start-from", str(tmp_path / "none")), "expected the run directory of an earlier"),
        (("--start-from", str(tmp_path / "empty")), "expected the run directory of an earlier"),
        (("--start-from", str(tmp_path / "damaged")), "config.json is damaged"),
        (("--start-from", str(tmp_path / "failed")), "2 trials of which none has completed"),
        (("--start-from", str(tmp_path / "strange")), "received one over momentum"),
        (("--start-from", str(finished.path), "--strategy", "grid"), "received --strategy grid"),
    ]:
        assert search(runs, *options) == 2
        error = capsys.readouterr().err
        assert expected in error
        assert error.count("\n") == 1
        assert not runs.exists()


def test_a_study_without_its_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tuner.command_line.choices.find_spec", lambda package: None)
    assert search(tmp_path, "--start-from", "optuna:sqlite:///study.db#a") == 2
    assert "pip install -r requirements-optuna.txt" in capsys.readouterr().err


def test_a_search_cannot_start_from_another_one_later(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--runs-dir", str(finished.runs), "--run", "small"]
    assert tune.main([*place, "--start-from", str(finished.path)]) == 2
    assert "--start-from is null there and " in capsys.readouterr().err


def test_a_damaged_copy_is_named(
    finished: FinishedSearch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, "--run", "a", "--start-from", str(finished.path)) == 0
    (tmp_path / "a" / "knowledge.json").write_text("[{}]")
    assert tune.main(["--runs-dir", str(tmp_path), "--run", "a"]) == 2
    assert "knowledge.json is damaged" in capsys.readouterr().err


def test_a_search_with_branches_is_read_with_all_declarations_of_a_name(tmp_path: Path) -> None:
    declared = branching().get_config()["space"]
    space, rng = SearchSpace(declared), np.random.default_rng(0)
    points = [space.decode(rng.random(len(space.free))) for _ in range(20)]
    made_up_run(tmp_path / "other", "momentum", *["completed"] * 20)
    saved = json.loads((tmp_path / "other" / "config.json").read_text())
    saved["search_space"] = by_name(declared)
    (tmp_path / "other" / "config.json").write_text(json.dumps(saved))
    events = (tmp_path / "other" / "journal.jsonl").read_text().splitlines()
    told = [json.loads(event) | {"values": v} for event, v in zip(events, points, strict=True)]
    (tmp_path / "other" / "journal.jsonl").write_text("\n".join(map(json.dumps, told)) + "\n")
    objective = Objective("val_loss", "min")
    [source] = sources_of([str(tmp_path / "other")], tmp_path / "new", space, objective)
    knowledge = source.knowledge(objective)
    assert sorted(map(str, knowledge.space.declarations)) == sorted(map(str, declared))
    keys = [knowledge.space.key(trial.values) for trial in knowledge.trials]
    assert keys == [space.key(values) for values in points]
