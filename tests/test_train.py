"""`train.py` as people run it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import train
from tests.conftest import FinishedSearch, run_program

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


def test_defaults_need_no_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--default", "--dataset", "diabetes", "--max-epochs", "3"]
    assert train.main([*options, "--runs-dir", str(tmp_path)]) == 0
    (folder,) = tmp_path.glob("*/train")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["hyperparameters"]["learning_rate"] == 0.001
    assert metrics["search_score"] is None
    assert "the published defaults" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--run", "nothing"], "there is no search in"),
        (["--trial", "99"], "expected 0 to 2"),
        (["--dataset", "wine"], "--default"),
        (["--seeds", "none"], "1 or more"),
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
