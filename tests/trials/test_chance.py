import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from data import Dataset, load_dataset
from data.form import Form
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


def compiled(
    loss: Any, columns: int, activation: str | None, metrics: list[Any], flat: bool = False
) -> keras.Model:
    inputs = keras.Input((30,))
    outputs = keras.layers.Dense(columns, activation)(inputs)
    model = keras.Model(inputs, keras.layers.Flatten()(outputs)[:, 0] if flat else outputs)
    model.compile("sgd", loss, metrics=metrics)
    return model


def frequency_of_class_1() -> tuple[float, float]:
    """The share of class 1 in training, and what the validation loss of saying so is."""
    dataset = load_dataset("breast_cancer")
    share, y = dataset.train.y.mean(), dataset.validation.y
    return float(share), float(-np.where(y == 1, np.log(share), np.log(1 - share)).mean())


@pytest.mark.parametrize(
    ("loss", "columns", "activation", "flat"),
    [
        (keras.losses.BinaryCrossentropy(), 1, "sigmoid", False),
        (keras.losses.BinaryCrossentropy(), 1, "sigmoid", True),
        (keras.losses.BinaryCrossentropy(from_logits=True), 1, None, False),
        (keras.losses.SparseCategoricalCrossentropy(), 2, "softmax", False),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), 2, None, False),
    ],
)
def test_chance_is_the_frequency_of_the_classes_for_every_kind_of_outputs(
    loss: Any, columns: int, activation: str | None, flat: bool
) -> None:
    dataset = load_dataset("breast_cancer")
    share, expected = frequency_of_class_1()
    assert share > 0.5
    # Of outputs without columns Keras's "accuracy" takes the whole batch for one example.
    accuracy = keras.metrics.BinaryAccuracy(name="accuracy") if flat else "accuracy"
    found = chance_metrics(compiled(loss, columns, activation, [accuracy], flat), dataset)
    assert found["val_loss"] == pytest.approx(expected, rel=1e-4)
    assert found["val_accuracy"] == pytest.approx(dataset.validation.y.mean())


def one_hot() -> Dataset:
    """Return data for a model that takes classes as rows of zeros and a one."""
    return dataclasses.replace(load_dataset("breast_cancer"), form=Form(one_hot=True))


def test_one_hot_targets_have_the_same_chance() -> None:
    dataset = load_dataset("breast_cancer")
    model = compiled("categorical_crossentropy", 2, "softmax", ["accuracy"])
    found = chance_metrics(model, one_hot())
    assert found["val_loss"] == pytest.approx(frequency_of_class_1()[1], rel=1e-4)
    assert found["val_accuracy"] == pytest.approx(dataset.validation.y.mean())


def test_a_class_that_training_lacks_does_not_make_chance_infinite() -> None:
    dataset = load_dataset("breast_cancer")
    train = dataclasses.replace(dataset.train, y=np.zeros_like(dataset.train.y))
    for loss, activation in [
        (keras.losses.BinaryCrossentropy(from_logits=True), None),
        (keras.losses.BinaryCrossentropy(), "sigmoid"),
    ]:
        model = compiled(loss, 1, activation, ["accuracy"])
        found = chance_metrics(model, dataclasses.replace(dataset, train=train))
        assert np.isfinite(found["val_loss"])
        assert found["val_accuracy"] == pytest.approx(1 - dataset.validation.y.mean())


def test_a_metric_of_several_numbers_has_a_chance_for_each_and_several_outputs_have_none() -> None:
    dataset = one_hot()
    each = keras.metrics.F1Score(average=None)
    model = compiled("categorical_crossentropy", 2, "softmax", [each, "accuracy"])
    each_class = {"val_f1_score_0", "val_f1_score_1"}
    assert set(chance_metrics(model, dataset)) == {"val_loss", "val_accuracy", *each_class}
    inputs = keras.Input((30,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    two = keras.Model(inputs, outputs)
    two.compile("sgd", ["mse", "mse"])
    assert chance_metrics(two, dataset) == {}


@pytest.mark.parametrize("logits", [False, True])
def test_labels_are_measured_against_their_frequencies(logits: bool) -> None:
    dataset = with_rows(lambda x: x > np.mean(x, axis=0), "multi-label")
    loss = keras.losses.BinaryCrossentropy(from_logits=logits)
    model = compiled(loss, 3, None if logits else "sigmoid", [])
    shares, y = dataset.train.y.mean(axis=0), dataset.validation.y
    expected = -np.where(y == 1, np.log(shares), np.log(1 - shares)).mean()
    assert chance_metrics(model, dataset)["val_loss"] == pytest.approx(expected, rel=1e-4)


def test_several_values_are_measured_against_their_means() -> None:
    dataset = with_rows(lambda x: x, "regression")
    errors = dataset.validation.y - dataset.train.y.mean(axis=0)
    found = chance_metrics(compiled("mse", 3, None, []), dataset)
    assert found["val_loss"] == pytest.approx((errors**2).mean(), rel=1e-4)
    assert chance_metrics(compiled("mse", 1, None, []), dataset) == {}


def with_rows(rows: Callable[[np.ndarray], np.ndarray], task: str) -> Dataset:
    """Return breast_cancer with rows of three targets, made of its inputs."""
    dataset = load_dataset("breast_cancer")
    splits = {
        name: dataclasses.replace(dataset[name], y=rows(dataset[name].x[:, :3]).astype("float32"))
        for name in ("train", "validation")
    }
    names = ("a", "b", "c") if task == "multi-label" else ()
    return dataclasses.replace(dataset, task=task, class_names=names, **splits)
