"""`train.py --ensemble`: what is saved is the mean of its members."""

import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_wine

import train
from data import Dataset, load_dataset
from data.columns import packed
from tests.conftest import FinishedSearch, run_program
from tests.test_train import event_folders, read_metrics
from tuner.retraining import train_once
from tuner.retraining.ensemble import evaluate_predictions, why_no_folds
from tuner.retraining.train_once import evaluate
from tuner.training.callbacks import DivergedError


def trained(runs: Path, *options: str) -> Path:
    """Train the defaults; return the folder of the model."""
    assert train.main(["--default", "--runs-dir", str(runs), *options]) == 0
    [folder] = runs.glob("*/train")
    return folder


def metrics_of(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


def members_of(model: keras.Model) -> list[keras.Model]:
    return [layer for layer in model.layers if layer.name.startswith("member_")]


def mean_of_members(model: keras.Model, dataset: Dataset) -> Any:
    """Return the mean of what the members say of the test data, each asked by itself."""
    x = dataset.test.x
    inputs = packed(x, dataset.table_columns) if isinstance(x, dict) else x
    said = [member.predict_on_batch(inputs) for member in members_of(model)]
    return keras.tree.map_structure(lambda *one: np.mean(np.stack(one), axis=0), *said)


def test_each_member_is_the_model_of_a_fold_and_the_model_is_their_mean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--dataset", "wine", "--max-epochs", "6")
    folder = trained(tmp_path / "ensemble", *options, "--ensemble", "3")
    metrics, printed = metrics_of(folder), capsys.readouterr().out
    dataset, model = load_dataset("wine"), keras.saving.load_model(folder / "model.keras")

    said = model.predict(dataset.test.x, verbose=0)
    np.testing.assert_allclose(said, mean_of_members(model, dataset), atol=1e-6)
    right = said[np.arange(len(said)), dataset.test.y]
    assert metrics["test"]["loss"] == pytest.approx(-np.log(right).mean(), rel=1e-4)
    assert metrics["test"]["accuracy"] == pytest.approx(np.mean(said.argmax(1) == dataset.test.y))

    for k, member in enumerate(members_of(model)):
        fold = dataset.fold(k, 3).validation
        own = member.predict(fold.x, verbose=0).argmax(axis=1) == fold.y
        assert metrics["ensemble"]["scores"][k] == pytest.approx(own.mean())
    assert metrics["ensemble"]["members"] == 3
    assert metrics["ensemble"]["kind"] == "folds"

    single = metrics_of(trained(tmp_path / "single", *options))
    assert metrics["ensemble"]["single_test"] == single["test"] != metrics["test"]
    assert metrics["val"] == single["val"]
    assert "Ensemble of 3 folds of training and validation data\n" in printed
    assert f"Test of the single model: test_accuracy {single['test']['accuracy']:.4f}" in printed
    assert f"Test of the ensemble of 3: test_accuracy {metrics['test']['accuracy']:.4f}" in printed
    curves = {path.name for path in (folder / "tensorboard").iterdir()}
    assert curves == {"seed-0", "member-0", "member-1", "member-2", "test"}


def test_with_validation_data_of_their_own_the_members_are_seeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = load_diabetes(as_frame=True).frame
    paths = [str(tmp_path / name) for name in ("train.csv", "validation.csv")]
    frame[:300].to_csv(paths[0], index=False)
    frame[300:].to_csv(paths[1], index=False)
    options = ("--dataset", paths[0], "--validation", paths[1], "--max-epochs", "2")
    folder = trained(tmp_path / "runs", *options, "--ensemble", "2")
    assert "2 seeds on the one split, not of folds: Expected" in capsys.readouterr().out

    dataset = load_dataset(paths[0], validation=paths[1])
    model = keras.saving.load_model(folder / "model.keras")
    said, targets = model.predict(dataset.test.x, verbose=0)[:, 0], dataset.test.y
    assert isinstance(dataset.test.x, dict)
    np.testing.assert_allclose(said, mean_of_members(model, dataset)[:, 0], rtol=1e-3)
    metrics = metrics_of(folder)
    assert metrics["ensemble"]["kind"] == "seeds"
    assert len(set(metrics["ensemble"]["scores"])) == 2
    error = np.abs(said - targets).mean()
    assert metrics["test"]["mean_absolute_error"] == pytest.approx(error, rel=1e-3)


BUILDERS = {
    "several_outputs.py": "two targets",
    "own_train_step.py": "wine",
    "hypermodel_fit.py:DigitsHyperModel": "digits",
}


@pytest.mark.parametrize("builder", BUILDERS)
def test_models_of_ones_own_are_averaged_output_by_output(builder: str, tmp_path: Path) -> None:
    name = BUILDERS[builder]
    if name == "two targets":
        x, y = load_digits(return_X_y=True)
        name = str(tmp_path / "digits.npz")
        np.savez(
            name, x=x.reshape(-1, 8, 8).astype("float32"), y=y, y_even=(y % 2 == 0).astype(int)
        )
    options = ("--dataset", name, "--model", f"tests/builders/{builder}", "--max-epochs", "1")
    folder = trained(tmp_path / "runs", *options, "--ensemble", "2")
    dataset, model = load_dataset(name), keras.saving.load_model(folder / "model.keras")
    said, expected = model.predict_on_batch(dataset.test.x), mean_of_members(model, dataset)
    keras.tree.assert_same_structure(said, expected)
    for one, mean in zip(keras.tree.flatten(said), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(one, mean, rtol=1e-4, atol=1e-6)
    metrics = metrics_of(folder)
    assert set(metrics["test"]) == set(metrics["ensemble"]["single_test"])


FIXED = """
import keras

def build_model(hp):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model
"""


def test_a_model_that_does_not_take_what_a_fold_makes_of_a_table_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fixed.py").write_text(FIXED)
    table = tmp_path / "table.csv"
    frame = pd.DataFrame({"size": np.arange(60) + 0.5, "city": ["Bern", "Genf"] * 30})
    frame["y"] = np.arange(60) % 7 + 0.5
    frame.to_csv(table, index=False)
    learned = dict(load_dataset(str(table)).train.x)["size"]
    frame.loc[frame["size"] == learned[0], "city"] = "Rome"  # The one, which one fold sets aside.
    frame.to_csv(table, index=False)
    whole = load_dataset(str(table))
    assert whole.input_shape == (4,)
    lacking = [k for k in range(3) if whole.fold(k, 3).input_shape == (3,)]
    options = ["--dataset", str(table), "--model", str(tmp_path / "fixed.py"), "--ensemble", "3"]
    assert (
        train.main(["--default", "--runs-dir", str(tmp_path), "--max-epochs", "1", *options]) == 2
    )
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"expected a model that takes the examples of member {lacking[0]}, preproc" in error


@pytest.mark.parametrize("count", [2, 3])
def test_a_member_that_diverges_is_left_out(
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = train_once.train_once

    def first_diverges(choice: Any, planned: Any, report: Any) -> Any:
        if planned.folds and planned.index == 0:
            raise DivergedError("diverged: loss is nan in epoch 1")
        return real(choice, planned, report)

    monkeypatch.setattr(train_once, "train_once", first_diverges)
    options = ("--dataset", "wine", "--max-epochs", "2", "--ensemble", str(count), "--workers", "1")
    folder, printed = trained(tmp_path, *options), capsys.readouterr().out
    metrics, model = metrics_of(folder), keras.saving.load_model(folder / "model.keras")
    if count == 3:
        assert metrics["ensemble"]["members"] == len(metrics["ensemble"]["scores"]) == 2
        assert [member.name for member in members_of(model)] == ["member_1", "member_2"]
        assert "Test of the ensemble of 2: " in printed
    else:
        assert "ensemble" not in metrics
        assert not members_of(model)
        assert "Fewer than 2 members ended well: the single model is saved" in printed


def test_what_is_adopted_is_what_the_ensemble_is_of(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--runs-dir", str(finished.runs), "--run", "small", "--trial", "1"]
    options = ["--against-default", "--seeds", "2", "--ensemble", "2", "--max-epochs", "1"]
    assert train.main([*place, *options]) == 0
    metrics, printed = read_metrics(finished), capsys.readouterr().out
    assert metrics["origin"] == metrics["adoption"]["adopted"]
    assert metrics["ensemble"]["members"] == 2
    assert "Test of the single model (seed " in printed
    seeds = {f"{which}seed-{n}" for which in ("", "default-") for n in range(2)}
    assert event_folders(finished) == {*seeds, "member-0", "member-1", "test"}
    findings = json.loads((finished.path / "findings.json").read_text())
    [told] = [finding for finding in findings if finding["rule"] == "retrained"]
    assert "(an ensemble of 2)." in told["text"]


def test_predictions_are_measured_as_a_model_is() -> None:
    dataset = load_dataset("digits")
    inputs = keras.Input(dataset.input_shape)
    penalty = keras.regularizers.L2(0.01)
    outputs = keras.layers.Dense(10, "softmax", kernel_regularizer=penalty)(
        keras.layers.Flatten()(inputs)
    )
    model = keras.Model(inputs, outputs)
    metrics = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, "second")]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=metrics)
    expected = evaluate(dataset, model, "test")
    predictions = model.predict(dataset.stream("test", 256), verbose=0)
    measured = evaluate_predictions(dataset, model, "test", predictions)
    assert list(measured) == list(expected)
    assert measured == pytest.approx(expected, rel=1e-5)


def test_in_the_order_of_time_folds_would_know_too_little(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    days = pd.date_range("2024-01-01", periods=90).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"day": days, "size": range(90), "sold": np.arange(90) % 7 + 0.5})
    frame.to_csv(path, index=False)
    assert "in the order of --time" in (why_no_folds(load_dataset(str(path), time="day"), 3) or "")
    assert why_no_folds(load_dataset(str(path)), 3) is None


def orders(path: Path, rows: int = 120) -> Path:
    """Write a table of numbers, categories and texts."""
    rng = np.random.default_rng(0)
    words = ["red", "blue", "small", "large", "shoes", "hat"]
    frame = pd.DataFrame({"age": rng.normal(40, 10, rows).round(2)})
    frame["city"] = rng.choice(["Bern", "Genf", ""], rows)
    frame["note"] = [" ".join(rng.choice(words, 5)) for _ in range(rows)]
    frame["price"] = (2 * frame["age"] + rng.normal(0, 5, rows)).round(3)
    frame["returned"] = np.where(frame["age"] > 40, "yes", "no")
    frame.to_csv(path, index=False)
    return path


def own_labels(path: Path) -> Path:
    wine = load_wine()
    np.savez(path, x=wine.data, y=np.stack([wine.target == 0, wine.data[:, 0] > 13], axis=1) * 1)
    return path


def asked(kind: str, folder: Path) -> tuple[Path, tuple[str, ...]]:
    if kind == "labels":
        return own_labels(folder / "new.npz"), ("--task", "multi-label")
    table = orders(folder / "new.csv")
    if kind == "own validation":
        validation = orders(folder / "validation.csv", rows=60)
        return table, ("--target", "returned", "--validation", str(validation))
    return table, ("--target", "price" if kind == "numbers" else "returned")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["classes", "numbers", "labels", "own validation"])
def test_train_and_predict_in_new_processes(kind: str, tmp_path: Path) -> None:
    new, options = asked(kind, tmp_path)
    place = ("--runs-dir", str(tmp_path / "runs"))
    training = ("--dataset", str(new), "--ensemble", "3", "--max-epochs", "5", *options)
    done = run_program("train.py", "--default", *training, *place)
    assert done.returncode == 0, done.stderr
    [folder] = (tmp_path / "runs").glob("*/train")
    done = run_program("predict.py", str(new), "--run", folder.parent.name, *place)
    assert done.returncode == 0, done.stderr
    answer = pd.read_csv(io.StringIO(done.stdout))
    said = answer.filter(like="prediction" if kind == "numbers" else "probability_")

    model = keras.saving.load_model(folder / "model.keras")
    named = {"target": options[1]} if "--target" in options else {"task": options[1]}
    whole = load_dataset(str(new), **named)
    if isinstance(whole.train.x, dict):
        raw = pd.read_csv(new, keep_default_na=False)
        x = packed({name: raw[name].to_numpy() for name in raw}, whole.table_columns)
    else:
        x = np.load(new)["x"]
    members = members_of(model)
    expected = np.mean([member.predict_on_batch(x) for member in members], axis=0)
    assert len(members) == 3
    np.testing.assert_allclose(said.to_numpy(), expected, rtol=1e-4, atol=1e-6)
    metrics = metrics_of(folder)
    assert metrics["ensemble"]["kind"] == ("seeds" if kind == "own validation" else "folds")
