"""Weights of examples and classes, and more metrics, from the command line to the model."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_wine

import train
import tune

SEARCH = (
    "--model",
    "mlp",
    "--max-trials",
    "1",
    "--max-epochs",
    "12",
    "--workers",
    "1",
    "--fix",
    "learning_rate=0.01",
    "--folds",
    "0",
)


@pytest.fixture
def without_the_last(tmp_path: Path) -> str:
    """Wine whose third class weighs nothing."""
    wine = load_wine()
    np.savez(tmp_path / "wine.npz", x=wine.data, y=wine.target, weights=wine.target != 2)
    return str(tmp_path / "wine.npz")


@pytest.mark.parametrize("search", [(), ("--folds", "2"), ("--class-weight", "balanced")])
@pytest.mark.parametrize("final_fit", [(), ("--final-fit",)])
def test_what_weighs_nothing_is_not_learned(
    tmp_path: Path, without_the_last: str, search: tuple[str, ...], final_fit: tuple[str, ...]
) -> None:
    place = ("--runs-dir", str(tmp_path), "--run", "a")
    assert tune.main(["--dataset", without_the_last, *SEARCH, *search, *place]) == 0
    assert train.main([*place, *final_fit]) == 0
    model = keras.saving.load_model(tmp_path / "a" / "train" / "model.keras")
    wine = load_wine()
    said = model.predict(wine.data, verbose=0).argmax(axis=1)
    right = said == wine.target
    assert right[wine.target != 2].mean() > 0.9
    assert right[wine.target == 2].mean() < 0.1


def test_a_learning_rate_is_found_with_weights(tmp_path: Path, without_the_last: str) -> None:
    place = ("--runs-dir", str(tmp_path), "--run", "a")
    assert tune.main(["--dataset", without_the_last, "--find-learning-rate", *place]) == 0


def test_metrics_and_class_weights_make_another_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--runs-dir", str(tmp_path), "--run", "a")
    assert tune.main(["--dataset", "wine", *SEARCH, "--metrics", "auc,f1", *place]) == 0
    assert tune.main([*place, "--max-trials", "2"]) == 0
    assert tune.main([*place, "--metrics", "auc"]) == 2
    assert 'is ["auc", "f1"] there and ["auc"] here' in capsys.readouterr().err
    assert tune.main([*place, "--class-weight", "balanced"]) == 2
    assert "--class-weight is none there and balanced here" in capsys.readouterr().err
    assert train.main([*place]) == 0
    measured = json.loads((tmp_path / "a" / "train" / "metrics.json").read_text())["test"]
    assert {"auc", "f1"} <= measured.keys()
