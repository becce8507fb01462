"""`train.py` as people run it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import train
from tests.conftest import FinishedSearch, run_program
from tuner.retraining.retrain import Retrained
from tuner.training.epoch import NotCompilableError
from tuner.training.fitting import fit
from tuner.trials.trial import TrainingPath

LOAD = """
import sys, keras, numpy
model = keras.saving.load_model(sys.argv[1])
raw = numpy.load(sys.argv[2])
numpy.save(sys.argv[3], model.predict(raw, verbose=0))
"""


def predict_in_a_new_process(model: Path, raw: np.ndarray, folder: Path) -> np.ndarray:
    np.save(folder / "raw.npy", raw)
    subprocess.run(
        [sys.executable, "-c", LOAD, model, folder / "raw.npy", folder / "predictions.npy"],
        cwd=folder,
        check=True,
        timeout=100,
    )
    return np.load(folder / "predictions.npy")


def test_a_search_from_before_a_hyperparameter_was_declared_trains(
    finished: FinishedSearch, tmp_path: Path
) -> None:
    run = tmp_path / "old"
    shutil.copytree(finished.path, run)
    journal = run / "journal.jsonl"
    journal.write_text(journal.read_text().replace(',"clip_norm":0.0', ""))
    assert "clip_norm" not in journal.read_text()
    place = ("--run", "old", "--runs-dir", str(tmp_path))
    assert train.main([*place, "--max-epochs", "1"]) == 0


def test_the_best_of_a_search_is_trained_and_shipped(
    finished: FinishedSearch, tmp_path: Path
) -> None:
    from sklearn.datasets import load_wine

    done = run_program("train.py", "--runs-dir", str(finished.runs), "--max-epochs", "40")
    assert done.returncode == 0, done.stderr
    folder = finished.path / "train"
    metrics = json.loads((folder / "metrics.json").read_text())
    best = json.loads((finished.path / "best.json").read_text())
    assert metrics["hyperparameters"] == best["hyperparameters"]
    assert metrics["search_score"] == best["score"]
    assert {"val", "test", "seeds", "epochs", "seconds"} <= set(metrics)
    raw = load_wine()
    predictions = predict_in_a_new_process(folder / "model.keras", raw.data, tmp_path)
    assert np.mean(predictions.argmax(1) == raw.target) > 0.9
    assert f"test_accuracy {metrics['test']['accuracy']:.4f}" in done.stdout
    findings = json.loads((finished.path / "findings.json").read_text())
    [told] = [finding for finding in findings if finding["rule"] == "retrained"]
    assert told["numbers"]["test"] == metrics["test"]
    assert "Trained again, trial " in (finished.path / "report.html").read_text()


def test_of_a_pruned_trial_it_says_so(
    finished: FinishedSearch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "cut"
    shutil.copytree(finished.path, run)
    lines = (run / "journal.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    for event in events:
        if event["event"] == "trial_ended" and event["trial"] == 1:
            event |= {"status": "pruned", "cause": "curve"}
    (run / "journal.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    place = ["--run", "cut", "--runs-dir", str(tmp_path), "--max-epochs", "1"]
    assert train.main([*place, "--trial", "1"]) == 0
    assert "Trained trial 1 of cut, pruned after 3 epochs: " in capsys.readouterr().out


def test_a_trial_that_failed_is_refused_with_its_reason(
    finished: FinishedSearch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished.path, tmp_path / "cut")
    journal = tmp_path / "cut" / "journal.jsonl"
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    for event in events:
        if event["event"] == "trial_ended" and event["trial"] == 1:
            event |= {"status": "failed", "cause": "exception", "reason": "ValueError: odd"}
    journal.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert train.main(["--run", "cut", "--runs-dir", str(tmp_path), "--trial", "1"]) == 2
    assert "--trial 1: it failed in the search (ValueError: odd)" in capsys.readouterr().err


def test_seeds_are_trained_apart_and_the_best_on_validation_is_shipped(
    finished: FinishedSearch,
) -> None:
    place = ["--runs-dir", str(finished.runs), "--run", "small"]
    assert train.main([*place, "--trial", "1", "--seeds", "2"]) == 0
    metrics = json.loads((finished.path / "train" / "metrics.json").read_text())
    seeds = metrics["seeds"]
    assert len({seed["seed"] for seed in seeds}) == 2
    assert seeds[0]["val"]["loss"] != seeds[1]["val"]["loss"]
    assert metrics["val"]["accuracy"] == max(seed["val"]["accuracy"] for seed in seeds)
    again = train.main([*place, "--trial", "1", "--seeds", "2"])
    repeated = json.loads((finished.path / "train" / "metrics.json").read_text())
    assert again == 0
    assert [seed["val"] for seed in repeated["seeds"]] == [seed["val"] for seed in seeds]


def test_the_final_fit_has_seen_the_validation_data_and_is_what_is_shipped(
    finished: FinishedSearch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--runs-dir", str(finished.runs), "--run", "small", "--max-epochs", "30"]
    model = finished.path / "train" / "model.keras"
    assert train.main(place) == 0
    plain, kept = read_metrics(finished), model.read_bytes()
    assert train.main([*place, "--final-fit"]) == 0
    metrics = read_metrics(finished)
    assert metrics["val"] == plain["val"]
    assert metrics["final_fit"] == {"examples": 151, "epochs": plain["best_epoch"]}
    assert metrics["test"]["loss"] != plain["test"]["loss"]
    assert metrics["test"]["accuracy"] > 0.8
    assert model.read_bytes() != kept
    assert "Final fit: 151 training and validation examples" in capsys.readouterr().out
    assert "final-fit" in event_folders(finished)


def read_metrics(search: FinishedSearch) -> Any:
    return json.loads((search.path / "train" / "metrics.json").read_text())


def event_folders(search: FinishedSearch) -> set[str]:
    return {path.name for path in (search.path / "train" / "tensorboard").iterdir()}


def test_what_is_no_better_than_the_default_is_not_adopted(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--runs-dir", str(finished.runs), "--run", "small"]
    options = ["--trial", "1", "--against-default", "--seeds", "3", "--max-epochs", "1"]
    assert train.main([*place, *options]) == 0
    metrics, adoption = read_metrics(finished), read_metrics(finished)["adoption"]
    printed = capsys.readouterr().out
    assert adoption["text"] in printed
    assert printed.count("Test (seed") == 1
    ours, defaults = adoption["compared"]
    assert len(ours["scores"]) == len(defaults["scores"]) == adoption["pairs"] == 3
    adopted = ours if adoption["better"] else defaults
    assert adoption["adopted"] == adopted["origin"]
    assert f"Adopted: {adopted['origin']}" in printed
    assert metrics["hyperparameters"] == adopted["hyperparameters"]
    assert metrics["retrained_score"]["mean"] == pytest.approx(np.mean(adopted["scores"]))
    assert metrics["retrained_score"]["std"] == pytest.approx(np.std(adopted["scores"], ddof=1))
    seeds = {f"{which}seed-{n}" for which in ("", "default-") for n in range(3)}
    assert event_folders(finished) == {*seeds, "test"}


def test_what_is_better_than_the_default_is_adopted(
    finished: FinishedSearch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Retrained.scores

    def better_than_the_default(self: Retrained, seeds: int) -> list[float | None]:
        gain = 0.0 if self.configuration.origin == "the published defaults" else 1.0
        return [gain + index / 100 * (1 + gain) for index, _ in enumerate(real(self, seeds))]

    monkeypatch.setattr(Retrained, "scores", better_than_the_default)
    place = ["--runs-dir", str(finished.runs), "--run", "small"]
    options = ["--trial", "1", "--against-default", "--seeds", "3", "--max-epochs", "1"]
    assert train.main([*place, *options]) == 0
    adoption = read_metrics(finished)["adoption"]
    assert adoption["better"]
    assert adoption["adopted"] == "trial 1 of small"
    assert read_metrics(finished)["hyperparameters"] == adoption["compared"][0]["hyperparameters"]
    assert "Better than the default by 1.0100 [+0.9" in capsys.readouterr().out


def test_the_defaults_are_not_compared_with_themselves(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--runs-dir", str(finished.runs), "--run", "small"]
    options = ["--trial", "0", "--against-default", "--seeds", "2", "--max-epochs", "1"]
    assert train.main([*place, *options]) == 0
    assert "there is nothing to compare" in capsys.readouterr().out
    assert not read_metrics(finished)["adoption"]["better"]
    assert event_folders(finished) == {"seed-0", "seed-1", "test"}


def test_defaults_need_no_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--default", "--dataset", "diabetes", "--max-epochs", "3"]
    assert train.main([*options, "--runs-dir", str(tmp_path)]) == 0
    (folder,) = tmp_path.glob("*/train")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["hyperparameters"]["learning_rate"] == 0.003
    assert metrics["search_score"] is None
    assert "the published defaults" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--run", "nothing"], "there is no search in"),
        (["--trial", "99"], "expected 0 to 2"),
        (["--dataset", "wine"], "--default"),
        (["--seeds", "none"], "1 or more"),
        (["--against-default", "--seeds", "1"], "--seeds 2 or more"),
        (["--against-default", "--default"], "one of"),
        (["--ensemble", "1"], "2 or more"),
        (["--ensemble", "2", "--final-fit"], "one of them"),
        (["--ensemble", "2", "--seeds", "2"], "or --against-default, too"),
        (["--trail", "1"], "did you mean --trial"),
    ],
)
def test_a_wrong_input_is_one_line_and_status_2(
    finished: FinishedSearch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    expected: str,
) -> None:
    try:
        status = train.main([*options, "--runs-dir", str(finished.runs)])
    except SystemExit as stop:
        status = int(str(stop.code))
    error = capsys.readouterr().err
    assert status == 2
    assert expected in error
    assert error.count("\n") == 1


def test_it_trains_as_the_search_was_asked_to(
    finished: FinishedSearch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "small"
    shutil.copytree(finished.path, run)
    config = json.loads((run / "config.json").read_text())
    config["options"]["training_path"] = "plain"
    (run / "config.json").write_text(json.dumps(config))
    paths = []

    def watched(*given: Any, **named: Any) -> Any:
        paths.append((outcome := fit(*given, **named)).path)
        return outcome

    def impossible(*given: Any, path: TrainingPath | None = None, **named: Any) -> Any:
        if path is TrainingPath.PLAIN:
            raise NotCompilableError("no reason")
        return watched(*given, **named)

    monkeypatch.setattr("tuner.retraining.train_once.fit", watched)
    for place in (finished.runs, tmp_path):
        options = ["--run", "small", "--runs-dir", str(place), "--max-epochs", "2"]
        assert train.main(options) == 0
    assert paths == [TrainingPath.COMPILED, TrainingPath.PLAIN]
    monkeypatch.setattr("tuner.retraining.train_once.fit", impossible)
    assert train.main(options) == 0
    assert paths[2:] == [TrainingPath.COMPILED]
    told = "--training-path plain, as of the search, is not possible here (no reason)"
    assert told in capsys.readouterr().err


def test_changed_data_are_not_trained_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import tune

    table = tmp_path / "table.csv"
    lines = [f"{n % 7},{n % 3},{'yes' if n % 2 else 'no'}" for n in range(120)]
    table.write_text("\n".join(["a,b,label", *lines]))
    place = ["--runs-dir", str(tmp_path / "runs"), "--run", "a"]
    options = ["--dataset", str(table), "--max-trials", "1", "--max-epochs", "1"]
    assert tune.main([*options, *place]) == 0
    table.write_text("\n".join(["a,b,label", *lines, "9,9,no"]))
    assert train.main(place) == 2
    assert "have changed since the search" in capsys.readouterr().err
