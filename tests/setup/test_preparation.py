"""Metrics, objectives and weights of classes as people ask for them."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import tuner.setup.preparation
from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.command_line.settings import Fix, Range
from tuner.setup.preparation import prepare
from tuner.trials.objective import Objective


@pytest.mark.parametrize(
    ("asked", "objective", "resolved"),
    [
        (("auc,f1", "auc"), None, ("auc", "f1")),
        (("f1",), "val_auc", ("f1", "auc")),
        ((), "val_top_2", ("top_2",)),
        (("auc",), "val_auc", ("auc",)),
        ((), None, ()),
    ],
)
def test_metrics_are_those_asked_for_and_the_objective(
    asked: tuple[str, ...], objective: str | None, resolved: tuple[str, ...]
) -> None:
    prepared = prepare(SearchOptions(dataset="wine", metrics=asked, objective=objective))
    assert prepared.options.metrics == resolved
    assert prepared.objective == Objective(objective or "val_accuracy", "max")
    assert {f"val_{name}" for name in resolved} <= prepared.chance.keys()


def test_where_classes_count_alike_the_objective_is_theirs_unless_it_is_given() -> None:
    options = SearchOptions(dataset="wine", class_weight="balanced")
    prepared = prepare(options)
    assert prepared.objective == Objective("val_balanced_accuracy", "max")
    assert prepared.dataset.preprocessed("train").weights is not None
    assert prepared.chance["val_balanced_accuracy"] == pytest.approx(1 / 3)
    given = prepare(dataclasses.replace(options, objective="val_accuracy"))
    assert given.objective == Objective("val_accuracy", "max")


def test_a_regression_has_metrics_of_its_own() -> None:
    prepared = prepare(SearchOptions(dataset="diabetes", metrics=("r2",), objective="val_rmse"))
    assert prepared.objective == Objective("val_rmse", "min")
    train, validation = prepared.dataset.train.y, prepared.dataset.validation.y
    errors = validation - train.mean()
    assert prepared.chance["val_rmse"] == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-4)
    lost = (errors**2).mean() / validation.var()
    assert prepared.chance["val_r2"] == pytest.approx(1 - lost, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "diabetes", "metrics": ("auc",)}, "regression out of rmse, r2, received"),
        ({"dataset": "diabetes", "objective": "val_auc"}, "regression out of rmse, r2, received"),
        ({"dataset": "wine", "metrics": ("auc,",)}, 'received ""'),
        ({"dataset": "wine", "metrics": ("recal",)}, 'received "recal". Did you mean "recall"'),
        ({"dataset": "diabetes", "class_weight": "balanced"}, "--class-weight balanced is for cl"),
    ],
)
def test_what_does_not_suit_the_task_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare(SearchOptions(**options))


def test_which_ranges_end_lower_for_want_of_examples() -> None:
    wine = prepare(SearchOptions(dataset="wine", model="mlp"))
    assert sorted(wine.limited_by_data) == ["batch_size", "width"]
    assert wine.config("")["limited_by_data"] == wine.limited_by_data
    chosen = prepare(
        SearchOptions(dataset="wine", model="mlp", range=(Range("width", "32", "64"),))
    )
    assert chosen.limited_by_data == ["batch_size"]
    fixed = prepare(SearchOptions(dataset="wine", model="mlp", fix=(Fix("batch_size", "32"),)))
    assert fixed.limited_by_data == ["width"]


class HitsOfClasses(keras.metrics.Metric):
    """A metric of a value for each class."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(name="hits", **keywords)
        self.hits = self.add_variable((3,), "zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.hits.assign_add(keras.ops.sum(keras.ops.one_hot(y_true, 3) * y_pred, axis=0))

    def result(self) -> Any:
        return self.hits.value


def with_hits(build: Callable[..., keras.Model]) -> Callable[..., keras.Model]:
    def built(hp: Any, **options: Any) -> keras.Model:
        model = build(hp, **options)
        loss = "sparse_categorical_crossentropy"
        model.compile(model.optimizer, loss, metrics=["accuracy", HitsOfClasses()])
        return model

    return built


@pytest.fixture
def several_values(monkeypatch: pytest.MonkeyPatch) -> None:
    own = with_hits(tuner.setup.preparation.build_model)
    monkeypatch.setattr(tuner.setup.preparation, "build_model", own)


@pytest.mark.usefixtures("several_values")
def test_a_metric_of_several_values_is_refused_by_its_name_and_taken_value_by_value() -> None:
    options = SearchOptions(dataset="wine", objective="val_hits", direction="max")
    with pytest.raises(InputError, match=r"val_hits: expected .* val_hits_0, val_hits_1, val_hits"):
        prepare(options)
    prepared = prepare(dataclasses.replace(options, objective="val_hits_1"))
    assert prepared.objective == Objective("val_hits_1", "max")
    assert prepared.chance.keys() >= {"val_hits_0", "val_hits_1", "val_hits_2"}


@pytest.mark.usefixtures("several_values")
@pytest.mark.parametrize("path", ["compiled", "plain", "streamed"])
def test_a_metric_of_several_values_is_trained_with(tmp_path: Path, path: str) -> None:
    import train
    import tune

    place = ("--runs-dir", str(tmp_path), "--run", "a")
    small = ("--dataset", "wine", "--max-trials", "1", "--max-epochs", "2", "--workers", "1")
    objective = ("--objective", "val_hits_1", "--direction", "max", "--training-path", path)
    assert tune.main([*small, *objective, *place]) == 0
    assert train.main([*place]) == 0
    assert '"hits_2"' in (tmp_path / "a" / "train" / "metrics.json").read_text()


def test_a_strategy_whose_package_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tuner.command_line.choices.find_spec", lambda package: None)
    with pytest.raises(InputError, match=r"pip install -r requirements-optuna\.txt"):
        prepare(SearchOptions(dataset="no such data", strategy="optuna"))


@pytest.mark.parametrize("free", [10**12, 100])
def test_images_are_resized_once_or_it_is_said_why_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    free: int,
) -> None:
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(12):
            pixels = rng.integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    prepared = prepare(SearchOptions(dataset=str(tmp_path)))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    capsys.readouterr()
    with_pixels = prepared.with_pixels()
    said = capsys.readouterr().out
    assert (with_pixels.dataset.pixels is not None) == (free > 100)
    assert ("are read from their files in each epoch" in said) == (free == 100)
    hp = with_pixels.default_hyperparameters()
    assert with_pixels.build(hp).input_shape == prepared.build(hp).input_shape
