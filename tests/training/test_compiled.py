"""Graphs that trials share: the same results, whatever ran before, in bounded memory."""

import gc
import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import keras_tuner
import numpy as np
import psutil
import pytest
import tensorflow as tf

from data import Dataset, load_dataset
from model import build_model
from tuner.training import compiled, epoch
from tuner.training.in_memory import fit_in_memory
from tuner.training.keras_internals import graphs_released
from tuner.training.session import build_afresh, fresh_session
from tuner.training.twins import copy_state, likeness, make_twin, state

BASE = {"depth": 1, "width": 32}
TRIALS: list[dict[str, Any]] = [
    {"learning_rate": 1e-3, "dropout": 0.1, "batch_size": 32},
    {"learning_rate": 1e-2, "dropout": 0.4, "batch_size": 16},
    {"learning_rate": 3e-3, "dropout": 0.2, "batch_size": 64, "schedule": "warmup_cosine"},
    {"learning_rate": 3e-2, "dropout": 0.3, "batch_size": 32, "schedule": "warmup_cosine"},
]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(autouse=True)
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Begin and end with nothing kept; tell which steps have been traced."""
    traced: list[str] = []

    def compile_epoch(steps: epoch.Steps, *args: Any) -> epoch.Epoch:
        traced.append(steps.step.__name__)
        return epoch.compile_epoch(steps, *args)

    monkeypatch.setattr(compiled, "compile_epoch", compile_epoch)
    compiled.forget()
    yield traced
    compiled.forget()


@graphs_released()
def train(
    digits: Dataset,
    seed: int,
    epochs: int = 3,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    metrics: Sequence[str] = (),
    **values: Any,
) -> list[Any]:
    """Run a trial on 100 examples; return its curve and the state it ends in."""
    hp = keras_tuner.HyperParameters()
    hp.values = BASE | values
    model = build_afresh(
        lambda: build_model(hp, digits, model="mlp", epochs=epochs, metrics=metrics), seed
    )
    data = digits.preprocessed("train").take(np.arange(100))
    curve: list[Any] = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: curve.append(dict(logs)))
    fit_in_memory(
        model,
        (data.x, data.y),
        (data.x, data.y),
        batch_size=values["batch_size"],
        validation_batch_size=64,
        shuffle_seed=seed,
        callbacks=[note, *callbacks],
        epochs=epochs,
    )
    return [*curve, *(variable.numpy().tolist() for variable in state(model))]


def test_results_do_not_depend_on_what_ran_before(digits: Dataset, traces: list[str]) -> None:
    alone = []
    for seed, values in enumerate(TRIALS):
        compiled.forget()
        alone.append(train(digits, seed, **values))
    compiled.forget()
    traces.clear()
    for seed in (3, 1, 2, 0, 0, 2, 1, 3):
        assert train(digits, seed, **TRIALS[seed]) == alone[seed]
    # With a schedule and without.
    assert traces == ["test_step", "train_step"]


def test_more_metrics_are_traced_once(digits: Dataset, traces: list[str]) -> None:
    metrics = ("auc", "f1", "top_3")
    curves = [train(digits, 0, metrics=metrics, **values)[:3] for values in TRIALS[:2]]
    assert len(traces) == 2
    first, last = curves[1][0], curves[1][-1]
    assert 0.4 < first["val_auc"] < last["val_auc"] <= 1
    assert 0 < last["val_f1"] <= last["val_top_3"] <= 1


def test_another_architecture_is_traced(digits: Dataset, traces: list[str]) -> None:
    for changed in ({}, {"width": 64}, {"depth": 2}, {}):
        train(digits, 0, epochs=1, **TRIALS[0] | changed)
    assert len(traces) == 2 * 3


def test_all_that_is_kept_is_bounded(
    digits: Dataset, traces: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "KEPT_BYTES", 2.5 * compiled.GRAPH_BYTES)
    for width in (32, 64, 32, 128, 32, 64):
        train(digits, 0, epochs=1, **TRIALS[0] | {"width": width})
    # Of two that fit, the one that was needed longer ago goes.
    assert len(traces) == 2 * 4


def test_a_training_within_a_training_has_a_twin_of_its_own(digits: Dataset) -> None:
    alone = train(digits, 1, **TRIALS[1])
    seen = []

    def train_another(epoch: int, logs: Any) -> None:
        seen.append(train(digits, 1, **TRIALS[1]) if epoch == 0 else None)

    within = keras.callbacks.LambdaCallback(on_epoch_end=train_another)
    assert train(digits, 0, callbacks=[within], **TRIALS[0]) == train(digits, 0, **TRIALS[0])
    assert seen[0] == alone


def model_of(
    *layers: keras.Layer, optimizer: Any = "sgd", loss: Any = "mse", **compiling: Any
) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
    model.compile(optimizer, loss, **compiling)
    return model


class OwnLayer(keras.layers.Dense):
    """A layer that Keras does not know."""


class OwnModel(keras.Sequential):
    """A model that Keras does not know."""


def gelu(x: Any) -> Any:
    """Not what Keras calls by this name."""
    return 0 * x


def own_loss(y: Any, predicted: Any) -> Any:
    """Not the loss that it is named after."""
    return keras.ops.mean(predicted)


own_loss.__name__ = "mean_squared_error"


def own_class() -> keras.Model:
    model = OwnModel([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def own_step() -> keras.Model:
    model = model_of()
    model.train_step = lambda data: {}
    return model


def undecayed(wrapped: bool = False) -> keras.Model:
    optimizer = keras.optimizers.AdamW(1e-3)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    scaled = keras.optimizers.LossScaleOptimizer(optimizer) if wrapped else optimizer
    return model_of(optimizer=scaled)


def adapted() -> keras.Model:
    normalization = keras.layers.Normalization()
    normalization.adapt(np.ones((3, 4)))
    return model_of(normalization)


@pytest.mark.parametrize(
    "make",
    [
        lambda: model_of(OwnLayer(3)),
        lambda: model_of(keras.layers.Reshape((2, 2)), keras.layers.TimeDistributed(OwnLayer(3))),
        lambda: model_of(keras.layers.Lambda(lambda x: x)),
        lambda: model_of(keras.layers.Dense(3, activation=lambda x: x)),
        lambda: model_of(keras.layers.Dense(3, activation=gelu)),
        lambda: model_of(keras.layers.Dense(3, kernel_initializer=lambda shape, dtype: 0)),
        lambda: model_of(loss=lambda y, predicted: predicted),
        lambda: model_of(loss=own_loss),
        lambda: model_of(metrics=[own_loss]),
        lambda: model_of(optimizer=keras.optimizers.SGD(lambda: 0.1)),
        lambda: model_of(optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)),
        own_class,
        own_step,
        undecayed,
        lambda: undecayed(wrapped=True),
        adapted,
    ],
)
def test_models_that_configuration_does_not_tell_are_not_recognized(
    make: Callable[[], keras.Model],
) -> None:
    fresh_session(0)
    assert likeness(make()) is None


def test_recognition_is_by_all_but_the_adjustable_numbers() -> None:
    def architecture(make: Callable[[], keras.Model]) -> str:
        fresh_session(0)
        known = likeness(make())
        assert known is not None
        return known.architecture

    layers, sgd, l2 = keras.layers, keras.optimizers.SGD, keras.regularizers.L2
    same = [
        lambda: model_of(layers.Dropout(0.1)),
        lambda: model_of(layers.Dropout(0.2)),
        lambda: model_of(layers.Dropout(0.2), optimizer=sgd(0.3)),
    ]
    assert len(set(map(architecture, same))) == 1
    distinct = [
        lambda: model_of(),
        lambda: model_of(layers.Dropout(0.1)),
        lambda: model_of(layers.Dropout(0.0)),
        lambda: model_of(layers.Dropout(0.1, noise_shape=(None, 1))),
        lambda: model_of(layers.Dropout(0.2, noise_shape=(None, 1))),
        lambda: model_of(layers.GaussianNoise(0.1)),
        lambda: model_of(layers.GaussianNoise(0.2)),
        lambda: model_of(layers.Dense(3)),
        lambda: model_of(layers.Dense(3, kernel_regularizer=l2(0.1))),
        lambda: model_of(layers.Dense(3, kernel_regularizer=l2(0.2))),
        lambda: model_of(optimizer=sgd(0.1, momentum=0.9)),
        lambda: model_of(optimizer="adam"),
        lambda: model_of(loss="mae"),
        lambda: model_of(metrics=["mae"]),
    ]
    assert len(set(map(architecture, distinct))) == len(distinct)


@pytest.mark.parametrize(
    "schedule",
    [
        keras.optimizers.schedules.CosineDecay(0.1, 50, alpha=0.2),
        keras.optimizers.schedules.CosineDecay(0.01, 50, warmup_target=0.1, warmup_steps=9),
        keras.optimizers.schedules.ExponentialDecay(0.1, 7, 0.9),
        keras.optimizers.schedules.ExponentialDecay(0.1, 7, 0.9, staircase=True),
        keras.optimizers.schedules.InverseTimeDecay(0.1, 7, 0.9),
        keras.optimizers.schedules.PolynomialDecay(0.1, 50),
    ],
)
def test_a_twin_has_the_schedule_of_its_model(schedule: Any) -> None:
    model = model_of(optimizer=keras.optimizers.SGD(schedule))
    known = likeness(model)
    assert known is not None
    twin, _ = make_twin(model)
    for step in (0, 3, 9, 20, 49, 80):
        model.optimizer.iterations.assign(step)
        copy_state(model, twin)
        assert float(twin.optimizer.learning_rate) == pytest.approx(
            float(model.optimizer.learning_rate), rel=1e-6
        )


def test_folds_of_a_regression_share_a_graph(traces: list[str]) -> None:
    dataset = load_dataset("diabetes")
    hp = keras_tuner.HyperParameters()
    hp.values = {"depth": 1, "width": 32}

    def curve(k: int) -> list[Any]:
        fold = dataset.fold(k, 3)
        train, validation = fold.preprocessed("train"), fold.preprocessed("validation")
        model = build_afresh(lambda: build_model(hp, fold, model="mlp"), 0)
        epochs: list[Any] = []
        note = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda _, logs: epochs.append(dict(logs))
        )
        fit_in_memory(
            model,
            (train.x, train.y),
            (validation.x, validation.y),
            batch_size=32,
            validation_batch_size=256,
            shuffle_seed=0,
            callbacks=[note],
            epochs=2,
        )
        assert model.evaluate(validation.x, validation.y, verbose=0)[0] == pytest.approx(
            epochs[-1]["val_loss"], rel=1e-4
        )
        return epochs

    together = [curve(k) for k in range(3)]
    assert len(traces) == 2
    compiled.forget()
    assert curve(2) == together[2]


def test_building_afresh_is_like_building_in_a_new_process() -> None:
    def build() -> keras.Model:
        return model_of(keras.layers.Dense(3), keras.layers.Dropout(0.5))

    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    first = build()
    build()
    again = build_afresh(build, 3)
    assert [v.path for v in again.variables] == [v.path for v in first.variables]
    for ours, theirs in zip(again.variables, first.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_code_that_draws_from_tensorflow_is_seeded_too() -> None:
    def build() -> keras.Model:
        return model_of(
            keras.layers.Dense(3, kernel_initializer=lambda shape, dtype: tf.random.normal(shape))
        )

    first = build_afresh(build, 3).get_weights()[0]
    build()
    np.testing.assert_array_equal(build_afresh(build, 3).get_weights()[0], first)
    assert (build_afresh(build, 4).get_weights()[0] != first).any()


def test_later_draws_do_not_depend_on_whether_there_was_a_twin(digits: Dataset) -> None:
    draws = []
    for _ in range(2):
        train(digits, 0, epochs=1, **TRIALS[0])
        draws.append((random.random(), np.random.random(), float(keras.random.uniform(()))))
    assert draws[0] == draws[1]


def memory_over_trials() -> list[tuple[int, int]]:
    """Return the number of trials and the memory in bytes, after every tenth of 250 trials."""
    compiled.KEPT_BYTES = 5 * compiled.GRAPH_BYTES
    digits, rng, process = load_dataset("digits"), np.random.default_rng(0), psutil.Process()
    sizes = []
    for seed in range(250):
        values = TRIALS[seed % 4] | {
            "depth": int(rng.integers(1, 4)),
            "width": 2 ** int(rng.integers(4, 7)),
        }
        train(digits, seed, epochs=1, **values)
        if seed % 10 == 9:
            gc.collect()
            sizes.append((seed + 1, process.memory_info().rss))
    return sizes


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_does_not_grow_over_many_trials() -> None:
    # In a process of its own: what other tests have freed would be filled first, and hide a leak
    # or look like one.
    with multiprocessing.get_context("spawn").Pool(1) as process:
        sizes = process.apply(memory_over_trials)
    # The first 100 trials warm up TensorFlow and its allocator. Afterwards single readings differ
    # by some 50 MB, as graphs come and go; their trend does not.
    trials, memory = np.array([reading for reading in sizes if reading[0] >= 100]).T
    assert np.polyfit(trials, memory, 1)[0] < 0.3 * 1024**2
