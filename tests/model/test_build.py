"""Models that are built from hyperparameters."""

import dataclasses
import functools
import subprocess
import sys
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from data import Dataset, Split, load_dataset, with_preprocessing
from data.errors import InputError
from model import build_model, default_model

ROOT = Path(__file__).parents[2]


def noise(*shape: int) -> Dataset:
    """Return a dataset of random examples of this shape, with two classes."""
    split = Split(
        x=np.random.default_rng(0).random((20, *shape), np.float32),
        y=np.arange(20, dtype=np.int32) % 2,
    )
    return Dataset(
        name="random",
        task="classification",
        train=split,
        validation=split,
        test=split,
        feature_names=(),
        class_names=("even", "odd"),
        seed=0,
    )


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load_dataset("wine")


@pytest.fixture(scope="module")
def diabetes() -> Dataset:
    return load_dataset("diabetes")


def build(
    dataset: Dataset, model: str | None = None, epochs: int = 30, **values: object
) -> keras.Model:
    """Return a model with these values of hyperparameters, and defaults for the others."""
    hp = keras_tuner.HyperParameters()
    for name, value in values.items():
        hp.Fixed(name, value)
    return build_model(hp, dataset, model, epochs)


def train(model: keras.Model, dataset: Dataset, epochs: int) -> dict[str, list[float]]:
    """Return the metrics of each epoch."""
    train, validation = dataset.preprocessed("train"), dataset.preprocessed("validation")
    history = model.fit(
        train.x, train.y, validation_data=(validation.x, validation.y), epochs=epochs, verbose=0
    )
    return history.history


def test_nothing_heavy_is_imported_before_a_model_is_built() -> None:
    code = "import sys, model; assert not {'tensorflow', 'keras', 'keras_tuner'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((13,), "tabular"),
        ((8, 8, 1), "mlp"),
        ((16, 20, 3), "cnn"),
        ((15, 20, 3), "mlp"),
        ((1, 1), "sequence"),
        ((12, 3), "sequence"),
    ],
)
def test_default_model_suits_the_shape(shape: tuple[int, ...], expected: str) -> None:
    dataset = noise(*shape)

    assert default_model(dataset) == expected
    assert build(dataset).name == expected


@pytest.mark.parametrize("depth", [1, 3])
def test_mlp_has_depth_layers_of_width_neurons_with_dropout(digits: Dataset, depth: int) -> None:
    model = build(digits, "mlp", depth=depth, width=64, dropout=0.3)
    hidden = [x for x in model.layers if isinstance(x, keras.layers.Dense)][:-1]
    dropout = [x for x in model.layers if isinstance(x, keras.layers.Dropout)]

    assert [layer.units for layer in hidden] == [64] * depth
    assert [layer.rate for layer in dropout] == [0.3] * depth


@pytest.mark.parametrize("shape", [(4, 4, 1), (8, 8, 1), (5, 32, 3)])
@pytest.mark.parametrize("depth", [1, 8])
def test_cnn_takes_images_of_any_size_from_4_pixels(shape: tuple[int, ...], depth: int) -> None:
    model = build(noise(*shape), "cnn", depth=depth, width=32, dropout=0.2)
    filters = [x.filters for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    (dropout,) = (x.rate for x in model.layers if isinstance(x, keras.layers.Dropout))

    assert filters == [32] * depth
    assert dropout == 0.2
    assert model(np.zeros((2, *shape))).shape == (2, 2)


@pytest.mark.parametrize("shape", [(13,), (3, 8, 1)])
def test_cnn_is_refused_for_anything_else(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"images of at least 4 x 4 pixels .*: use --model mlp"):
        build(noise(*shape), "cnn")


def test_unknown_model_is_refused_with_the_choices(wine: Dataset) -> None:
    with pytest.raises(
        InputError,
        match=r'out of tabular, mlp, cnn, sequence, text, received "mpl"\. Did you mean "mlp"',
    ):
        build(wine, "mpl")


@pytest.mark.parametrize("name", ["breast_cancer", "wine"])
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_classification_returns_a_probability_for_each_class(name: str, precision: str) -> None:
    dataset = load_dataset(name)
    keras.config.set_dtype_policy(precision)
    try:
        model = build(dataset)
    finally:
        keras.config.set_dtype_policy("float32")
    probabilities = model.predict(dataset.preprocessed("test").x, verbose=0)

    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(dataset.test), dataset.num_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_classification_learns(wine: Dataset) -> None:
    keras.utils.set_random_seed(0)
    history = train(build(wine), wine, epochs=20)

    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["val_accuracy"][-1] > 0.9


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_regression_learns_in_any_unit_and_answers_in_it(diabetes: Dataset, unit: float) -> None:
    scaled = {
        name: dataclasses.replace(diabetes[name], y=diabetes[name].y * np.float32(unit))
        for name in ("train", "validation", "test")
    }
    dataset = dataclasses.replace(diabetes, **scaled)
    keras.utils.set_random_seed(0)
    model = build(dataset)
    history = train(model, dataset, epochs=10)
    shipped = with_preprocessing(model, dataset)
    predictions = shipped.predict(dataset.test.x, verbose=0)

    error = "mean_absolute_error"
    assert set(history) == {"loss", error, "val_loss", f"val_{error}"}
    assert history["val_loss"][-1] < 0.8  # 1 is the loss of the mean
    assert 30 < history[f"val_{error}"][-1] / unit < 60
    assert predictions.shape == (len(dataset.test), 1)
    assert 100 < predictions.mean() / unit < 200


def test_learning_rate_is_constant_or_warms_up_and_decays(wine: Dataset) -> None:
    assert float(build(wine, learning_rate=0.01).optimizer.learning_rate) == pytest.approx(0.01)

    values = {"learning_rate": 0.01, "batch_size": 31, "schedule": "warmup_cosine"}
    optimizer = build(wine, epochs=10, **values).optimizer
    rates = []
    for step in range(10 * 4 + 1):  # 124 training examples are 4 steps of 31
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))

    assert rates[0] == 0
    assert np.argmax(rates) == 4
    assert max(rates) == pytest.approx(0.01)
    assert (np.diff(rates[:5]) > 0).all()
    assert (np.diff(rates[4:]) < 0).all()
    assert rates[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("model", ["mlp", "cnn", "sequence"])
def test_the_same_seed_builds_the_same_weights(digits: Dataset, model: str) -> None:
    dataset = noise(8, 8) if model == "sequence" else digits
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        weights.append(build(dataset, model).get_weights())

    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)


def test_folds_have_the_same_search_space(wine: Dataset) -> None:
    spaces = []
    for dataset in (wine, wine.fold(0, 2), wine.fold(1, 5)):
        hp = keras_tuner.HyperParameters()
        build_model(hp, dataset)
        spaces.append(hp.get_config()["space"])

    assert spaces[0] == spaces[1] == spaces[2]


def test_stock_keras_tuner_searches_with_it(wine: Dataset, tmp_path: Path) -> None:
    tuner = keras_tuner.RandomSearch(
        functools.partial(build_model, dataset=wine),
        objective="val_accuracy",
        max_trials=1,
        seed=0,
        directory=tmp_path,
    )
    train, validation = wine.preprocessed("train"), wine.preprocessed("validation")
    tuner.search(train.x, train.y, validation_data=(validation.x, validation.y), verbose=0)

    values = tuner.get_best_hyperparameters()[0].values
    assert {"learning_rate", "batch_size", "depth", "width", "dropout", "schedule"} <= set(values)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_defaults_reach_97_percent_on_digits(digits: Dataset, model: str) -> None:
    keras.utils.set_random_seed(0)
    history = train(build(digits, model), digits, epochs=30)

    assert max(history["val_accuracy"]) >= 0.97
