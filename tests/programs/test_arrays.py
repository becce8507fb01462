"""Arrays of every kind, from the command line to the saved model."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification

import train
import tune
from tests.builders.public.data import make_data
from tests.programs.test_folds import results, rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SHORT = ("--max-trials", "2", "--max-epochs", "8", "--workers", "1", "--folds", "0")


def place(folder: Path, run: str = "a") -> tuple[str, ...]:
    return ("--runs-dir", str(folder), "--run", run)


@pytest.fixture
def labels(tmp_path: Path) -> str:
    """300 documents with any of 4 labels."""
    x, y = make_multilabel_classification(300, n_classes=4, n_labels=2, random_state=0)
    np.savez(tmp_path / "labels.npz", x=x, y=y, label_names=np.array(["a", "b", "c", "d"]))
    return str(tmp_path / "labels.npz")


@pytest.fixture
def series(tmp_path: Path) -> str:
    """240 series of three features of very different sizes; the trend of the smallest counts."""
    rng = np.random.default_rng(0)
    y, t = rng.integers(3, size=240), np.linspace(0, 1, 12)
    x = np.stack([1e5 + 500 * rng.normal(size=(240, 12)), 20 + rng.normal(size=(240, 12))], axis=-1)
    trend = 1e-3 * ((y - 1)[:, np.newaxis] * 3 * t + rng.normal(size=(240, 12)))
    np.savez(tmp_path / "series.npz", x=np.concatenate([x, trend[..., np.newaxis]], axis=-1), y=y)
    return str(tmp_path / "series.npz")


@pytest.mark.parametrize("more", [(), ("--folds", "3"), ("--metrics", "auc,f1")])
def test_labels_are_searched_trained_and_saved(
    tmp_path: Path, labels: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    search = ("--dataset", labels, *SHORT, *more, "--training-path", "compiled")
    assert tune.main([*search, *place(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "target y: multi-label, 4 labels" in shown
    assert "val_loss min" in shown
    assert [row["status"] for row in rows(tmp_path / "a")] == ["completed"] * 2
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert {"val_loss", "val_binary_accuracy"} <= config["chance"].keys()

    assert train.main([*place(tmp_path), "--final-fit"]) == 0
    measured = json.loads((tmp_path / "a" / "train" / "metrics.json").read_text())["test"]
    assert measured["loss"] < config["chance"]["val_loss"]
    model = keras.saving.load_model(tmp_path / "a" / "train" / "model.keras")
    x, y = (np.load(labels)[name] for name in "xy")
    assert ((model.predict(x, verbose=0) > 0.5) == y).mean() > 0.8


def test_what_suits_no_labels_is_refused(
    tmp_path: Path, labels: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, message in [
        (("--class-weight", "balanced"), "the task is multi-label: leave it out\n"),
        (("--metrics", "balanced_accuracy"), "a multi-label of 4 labels out of auc, f1, precision"),
        (("--task", "classification"), "rows of zeros and a one, received"),
    ]:
        assert tune.main(["--dataset", labels, *option, *place(tmp_path)]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("cell", ["conv", "gru"])
def test_series_are_searched_alike_in_compiled_epochs(
    tmp_path: Path, series: str, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    search = ("--dataset", series, "--fix", f"cell={cell}", "--fix", "depth=1", *SHORT)
    for run in ("a", "b"):
        assert tune.main([*search, "--training-path", "compiled", *place(tmp_path, run)]) == 0
    assert "taken as series of 12 steps of 3 features" in capsys.readouterr().out
    assert results(tmp_path / "a") == results(tmp_path / "b")
    assert json.loads((tmp_path / "a" / "config.json").read_text())["model"] == "sequence"


def test_series_have_statistics_for_each_feature(tmp_path: Path, series: str) -> None:
    search = ("--dataset", series, "--max-trials", "1", "--max-epochs", "30", "--workers", "1")
    assert tune.main([*search, *place(tmp_path)]) == 0
    assert float(rows(tmp_path / "a")[0]["score"]) > 0.85
    assert train.main([*place(tmp_path)]) == 0
    model = keras.saving.load_model(tmp_path / "a" / "train" / "model.keras")
    x, y = (np.load(series)[name] for name in "xy")
    assert (model.predict(x, verbose=0).argmax(axis=1) == y).mean() > 0.85


def test_series_have_folds(tmp_path: Path, series: str) -> None:
    assert tune.main(["--dataset", series, "--folds", "2", *SHORT, *place(tmp_path)]) == 0
    assert [row["status"] for row in rows(tmp_path / "a")] == ["completed"] * 2


@pytest.mark.parametrize("more", [(), ("--folds", "2"), ("--metrics", "r2,rmse")])
def test_several_values_are_searched_trained_and_saved(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    y = x @ rng.normal(size=(5, 3)) * [1, 100, 1e-4] + [5, 1000, 0]
    np.savez(tmp_path / "values.npz", x=x, y=y)
    search = ("--dataset", str(tmp_path / "values.npz"), "--training-path", "compiled", *more)
    longer = ("--max-trials", "1", "--max-epochs", "20", "--workers", "1")
    assert tune.main(["--folds", "0", *search, *longer, *place(tmp_path)]) == 0
    assert train.main([*place(tmp_path)]) == 0
    model = keras.saving.load_model(tmp_path / "a" / "train" / "model.keras")
    errors = model.predict(x, verbose=0) - y
    assert (errors.std(axis=0) < 0.5 * y.std(axis=0)).all()


def test_an_autoencoder_of_one_s_own_is_told_its_inputs(tmp_path: Path) -> None:
    data = str(make_data("06_autoencoder", tmp_path))
    own = "tests/builders/public/06_autoencoder.py:build_autoencoder"
    assert tune.main(["--dataset", data, "--model", own, *SHORT, *place(tmp_path)]) == 0
    assert train.main([*place(tmp_path)]) == 0


def test_an_own_model_with_too_few_outputs_is_refused(
    tmp_path: Path, labels: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one_output.py").write_text(
        "import keras\n"
        "def build_model(hp):\n"
        "    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(1, 'sigmoid')])\n"
        "    model.compile('adam', 'mse')\n"
        "    return model\n"
    )
    own = f"{tmp_path / 'one_output.py'}:build_model"
    assert tune.main(["--dataset", labels, "--model", own, *SHORT, *place(tmp_path)]) == 2
    assert "has 1 outputs and labels 4 labels: expected an output for each" in (
        capsys.readouterr().err
    )
