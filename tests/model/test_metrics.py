"""Metrics by name: the numbers of scikit-learn, whatever the shape of targets and predictions."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from data.errors import InputError
from model.metrics import (
    CLASSIFICATION,
    OF_LABELS,
    REGRESSION,
    StandardizedError,
    known_metric,
    metrics_for,
)


def measured(name: str, y: np.ndarray, p: np.ndarray, classes: int, batches: int = 3) -> float:
    """Return a metric that has seen an array in batches, after it has seen others."""
    task = "classification" if classes else "regression"
    (metric,) = metrics_for([name], task, classes)
    metric.update_state(y[::-1], p)
    metric.reset_state()
    for part in np.array_split(np.arange(len(y)), batches):
        metric.update_state(y[part], p[part])
    return float(metric.result())


def expected(name: str, y: np.ndarray, p: np.ndarray) -> float:
    """Return what scikit-learn measures of indices of classes and `(n, classes)` probabilities."""
    classes = p.shape[1]
    if name == "auc":
        if classes == 2:
            return float(sk.roc_auc_score(y, p[:, 1]))
        return float(np.mean([sk.roc_auc_score(y == c, p[:, c]) for c in np.unique(y)]))
    if name.startswith("top"):
        return float(sk.top_k_accuracy_score(y, p, k=int(name[4:]), labels=range(classes)))
    said = p.argmax(axis=1)
    if name == "balanced_accuracy":
        return float(np.mean([(said[y == c] == c).mean() for c in np.unique(y)]))
    average = "binary" if classes == 2 else "macro"
    return float(getattr(sk, f"{name}_score")(y, said, average=average, zero_division=0))


@st.composite
def classified(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Return targets, of which a class may be rare or absent, and probabilities, timid to sure."""
    classes, n = draw(st.integers(2, 6)), draw(st.integers(100, 300))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    odds = rng.dirichlet(np.full(classes, draw(st.sampled_from([0.3, 1.0, 10.0]))))
    y = rng.choice(classes, n, p=odds)
    y[:20] = np.arange(20) % 2
    logits = rng.normal(size=(n, classes)) * draw(st.sampled_from([0.5, 1.0, 4.0]))
    logits += np.log(odds + 1e-3) + np.eye(classes)[y] * draw(st.sampled_from([0.0, 1.0, 4.0]))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return y.astype(np.int32), (p / p.sum(axis=1, keepdims=True)).astype(np.float32)


@given(classified(), st.sampled_from([*CLASSIFICATION, "top_2", "top_3"]))
@settings(max_examples=150)
def test_classes_are_measured_as_by_scikit_learn(
    data: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    y, p = data
    classes = p.shape[1]
    if name.startswith("top") and int(name[4:]) >= classes:
        return
    wanted, close = expected(name, y, p), 0.02 if name == "auc" else 1e-5
    assert measured(name, y, p, classes) == pytest.approx(wanted, abs=close)
    assert measured(name, y[:, np.newaxis], p, classes) == pytest.approx(wanted, abs=close)
    one_hot = np.eye(classes, dtype=np.float32)[y]
    assert measured(name, one_hot, p, classes) == pytest.approx(wanted, abs=close)
    if classes == 2:
        one_column = measured(name, y.astype(np.float32), p[:, 1:], 2)
        assert one_column == pytest.approx(wanted, abs=close)


@pytest.mark.parametrize("name", OF_LABELS)
@pytest.mark.parametrize("labels", [1, 2, 5])
def test_labels_are_measured_as_by_scikit_learn(name: str, labels: int) -> None:
    rng = np.random.default_rng(labels)
    y = (rng.random((300, labels)) < rng.uniform(0.1, 0.6, labels)).astype(np.float32)
    p = (1 / (1 + np.exp(1 - 2 * y - rng.normal(size=y.shape)))).astype(np.float32)
    weights = rng.integers(1, 4, 300)
    (metric,) = metrics_for([name], "multi-label", labels)
    for part in np.array_split(np.arange(300), 4):
        metric.update_state(y[part], p[part], weights[part])
    if name == "auc":
        wanted = sk.roc_auc_score(y, p, sample_weight=weights)
    else:
        score = getattr(sk, f"{name}_score")
        each = [
            score(*column, sample_weight=weights) for column in zip(y.T, (p > 0.5).T, strict=True)
        ]
        wanted = np.mean(each)
    assert float(metric.result()) == pytest.approx(wanted, abs=0.01 if name == "auc" else 1e-5)
    again = type(metric).from_config(metric.get_config())
    again.update_state(y, p, weights)
    assert float(again.result()) == pytest.approx(float(metric.result()), abs=1e-5)


def test_several_values_are_measured_as_by_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y = (rng.normal(size=(200, 3)) * [1, 1e-3, 100] + [1e4, 0, -5]).astype(np.float32)
    p = (y + rng.normal(size=y.shape) * [0.5, 1e-4, 200]).astype(np.float32)
    (metric,) = metrics_for(["r2"], "regression", 0)
    for part in np.array_split(np.arange(200), 4):
        metric.update_state(y[part], p[part])
    assert float(metric.result()) == pytest.approx(sk.r2_score(y, p), abs=1e-3)
    loss = StandardizedError(y.std(axis=0).tolist())
    assert float(loss(y, np.tile(y.mean(axis=0), (200, 1)))) == pytest.approx(1, abs=1e-3)


def test_areas_are_right_where_keras_s_own_are_not() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(20_000) < 0.002).astype(np.int32)
    p = 1 / (1 + np.exp(9 - 2 * y - rng.normal(size=len(y)))).astype(np.float32)
    wanted = sk.roc_auc_score(y, p)
    keras_own = keras.metrics.AUC()
    keras_own.update_state(y, p)
    assert abs(float(keras_own.result()) - wanted) > 0.2
    assert measured("auc", y, p[:, np.newaxis], 2) == pytest.approx(wanted, abs=0.002)


def test_weights_count_as_repetitions() -> None:
    rng = np.random.default_rng(0)
    y, p, weights = rng.integers(3, size=50), rng.dirichlet([1, 1, 1], 50), rng.integers(4, size=50)
    for name in [*CLASSIFICATION, "top_2"]:
        (metric,) = metrics_for([name], "classification", 3)
        metric.update_state(y, p, weights)
        repeated = measured(name, np.repeat(y, weights), np.repeat(p, weights, axis=0), 3)
        assert float(metric.result()) == pytest.approx(repeated, abs=1e-6)


@given(st.integers(0, 99), st.sampled_from([0.0, 1.0, 2000.0]), st.sampled_from([0.1, 1, 50]))
@settings(max_examples=40)
def test_values_are_measured_as_by_scikit_learn(seed: int, mean: float, spread: float) -> None:
    rng = np.random.default_rng(seed)
    y = (mean + spread * rng.normal(size=500)).astype(np.float32)
    p = (y + 0.5 * spread * rng.normal(size=500)).astype(np.float32)
    for target in (y, y[:, np.newaxis]):
        rmse, r2 = (measured(name, target, p[:, np.newaxis], 0) for name in ("rmse", "r2"))
        assert rmse == pytest.approx(sk.root_mean_squared_error(y, p), rel=1e-3)
        assert r2 == pytest.approx(sk.r2_score(y, p), abs=1e-3)


@pytest.mark.parametrize("name", [*CLASSIFICATION, "top_2", *REGRESSION])
def test_a_configuration_tells_all(name: str) -> None:
    task, classes = ("regression", 0) if name in REGRESSION else ("classification", 4)
    (metric,) = metrics_for([name], task, classes)
    config: Any = keras.saving.serialize_keras_object(metric)
    again = keras.saving.deserialize_keras_object(config)
    assert (type(again), again.get_config()) == (type(metric), metric.get_config())
    assert known_metric(name)


@pytest.mark.parametrize(
    ("name", "task", "classes", "message"),
    [
        ("auc", "regression", 0, 'regression out of rmse, r2, received "auc"'),
        ("r2", "classification", 2, "2 classes out of auc, f1, precision, recall, balanced_acc"),
        ("presicion", "classification", 2, 'Did you mean "precision"'),
        ("top_3", "classification", 3, 'balanced_accuracy, top_2, received "top_3"'),
        ("top_1", "classification", 3, 'received "top_1"'),
    ],
)
def test_what_does_not_suit_is_refused(name: str, task: str, classes: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        metrics_for([name], task, classes)


@pytest.mark.parametrize("name", [*CLASSIFICATION, "top_2", *REGRESSION])
def test_they_are_compiled_by_xla_to_the_same_numbers(name: str) -> None:
    rng = np.random.default_rng(0)
    classes = 0 if name in REGRESSION else 3
    y = rng.normal(size=64).astype(np.float32) if name in REGRESSION else rng.integers(3, size=64)
    p = rng.dirichlet([1, 1, 1], 64)[:, : classes or 1].astype(np.float32)
    (metric,) = metrics_for([name], "classification" if classes else "regression", classes)
    metric.update_state(y[:2], p[:2])  # It makes the variables of Keras's own.
    metric.reset_state()
    update = tf.function(metric.update_state, jit_compile=True)
    for part in (slice(0, 32), slice(32, 64)):
        update(tf.constant(y[part]), tf.constant(p[part]))
    assert float(metric.result()) == pytest.approx(measured(name, y, p, classes), rel=1e-5)
