"""What Keras and TensorFlow do not promise may go: a search completes, and one line says so."""

import ast
import csv
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TensorFlowTrainer

import tune
from tests.conftest import ROOT
from tuner.training import compiled, learning_rates
from tuner.training.keras_internals import (
    ADAM,
    DETERMINISM,
    FEATURES,
    GPU_FEATURES,
    SESSION,
    TWINS,
    Feature,
    forget_names,
    graphs_for_xla,
    say_once,
    usable,
)

SEARCH = (
    *("--dataset", "wine", "--max-trials", "2", "--max-epochs", "2", "--executor", "serial"),
    *("--fix", "schedule=warmup_cosine", "--fix", "depth=1", "--run", "a", "--folds", "0"),
)
NAMES = [(feature, role) for feature in FEATURES + GPU_FEATURES for role in feature.names]
# A search for each feature, and, among the slow tests, for each other name of it.
SEARCHES = [
    pytest.param(
        feature,
        role,
        id=feature.names[role],
        marks=() if role == next(iter(feature.names)) else pytest.mark.slow,
    )
    for feature, role in NAMES
    if feature in FEATURES
]


@pytest.fixture(autouse=True)
def _untried() -> Iterator[None]:
    """Begin and end as a process that has tried nothing yet, and has no graph."""

    def forget() -> None:
        usable.cache_clear()
        say_once.cache_clear()
        compiled.forget()
        learning_rates._traced.clear()

    forget()
    yield
    forget()


def search(runs: Path, *options: str) -> list[dict[str, str]]:
    """Run a search in this process, which must end well; return its trials."""
    assert tune.main([*SEARCH, "--runs-dir", str(runs), *options]) == 0
    with open(runs / "a" / "trials.csv", newline="") as file:
        trials = list(csv.DictReader(file))
    assert [trial["status"] for trial in trials] == ["completed"] * 2
    return trials


def warnings(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capfd.readouterr().err.splitlines() if line.startswith("warning: ")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    return search(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(("feature", "role"), NAMES)
def test_one_line_says_which_name_is_gone_and_what_it_costs(
    feature: Feature,
    role: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert usable(feature)
    usable.cache_clear()
    monkeypatch.setitem(feature.names, role, "renamed")
    assert not usable(feature)
    assert not usable(feature)
    (said,) = warnings(capfd)
    installed = {"keras": keras.__version__, "tensorflow": tf.__version__}[feature.package]
    assert f"{feature.package} {installed}" in said
    assert "renamed" in said
    assert feature.without in said


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16", "float64"])
def test_all_is_usable_in_any_precision(policy: str, capfd: pytest.CaptureFixture[str]) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        assert all(map(usable, FEATURES + GPU_FEATURES))
    finally:
        keras.config.set_dtype_policy("float32")
    assert warnings(capfd) == []


@pytest.mark.parametrize(("feature", "role"), SEARCHES)
def test_a_search_completes_without_a_name(
    feature: Feature,
    role: str,
    undisturbed: list[dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(feature.names, role, "renamed")
    trials = search(tmp_path)
    (said,) = warnings(capfd)
    assert feature.without in said
    scores = [[float(trial["score"]) for trial in each] for each in (trials, undisturbed)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)


@pytest.mark.parametrize("path", ["plain", "streamed"])
def test_other_paths_need_none_of_the_names(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for feature in FEATURES:
        for role in feature.names:
            monkeypatch.setitem(feature.names, role, "renamed")
    search(tmp_path, "--training-path", path)
    assert len(warnings(capfd)) == len(FEATURES)


def test_graphs_for_xla_are_traced_as_in_a_process_that_is_not_deterministic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def operations() -> set[str]:
        loss = tf.function(tf.nn.sparse_softmax_cross_entropy_with_logits, autograph=False)
        graph = loss.get_concrete_function(tf.constant([1]), tf.constant([[0.0, 1.0]])).graph
        return {operation.type for operation in graph.get_operations()}

    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind])
    usual = operations()
    tf.config.experimental.enable_op_determinism()
    try:
        substitutes = operations()
        with graphs_for_xla():
            assert operations() == usual != substitutes
        assert operations() == substitutes
    finally:
        getattr(importlib.import_module(DETERMINISM.names["module"]), DETERMINISM.names["off"])()


class SeveralDevices:
    """A strategy for one device that says it has more."""

    num_replicas_in_sync = 2

    def __getattr__(self, name: str) -> Any:
        return getattr(tf.distribute.get_strategy(), name)


def test_what_cannot_be_compiled_trains_plainly_or_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    several = property(lambda model: SeveralDevices())
    monkeypatch.setattr(TensorFlowTrainer, "distribute_strategy", several)
    search(tmp_path / "plain")
    (said,) = warnings(capfd)
    assert "plain fit" in said
    options = ("--runs-dir", str(tmp_path), "--training-path", "compiled")
    assert tune.main([*SEARCH, *options]) == 1
    assert "several devices" in (tmp_path / "a" / "trials.csv").read_text()


@pytest.mark.parametrize(
    ("feature", "changed"),
    [
        (SESSION, {"function": "get_global_attribute"}),
        (ADAM, {"first": "_velocities", "second": "_momentums"}),
        (ADAM, {"update": "_backend_reset_gradient_accumulators"}),
    ],
)
def test_a_name_that_means_something_else_is_found_out(
    feature: Feature,
    changed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert usable(feature)
    usable.cache_clear()
    for role, name in changed.items():
        monkeypatch.setitem(feature.names, role, name)
    assert not usable(feature)
    assert not usable(feature)
    assert len(warnings(capfd)) == 1


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (keras.layers.Rescaling, "call"),
        (keras.optimizers.schedules.CosineDecay, "__call__"),
        (keras.optimizers.schedules.ExponentialDecay, "__call__"),
        (keras.optimizers.schedules.InverseTimeDecay, "__call__"),
    ],
)
def test_numbers_that_are_not_looked_up_when_they_are_needed_are_found_out(
    owner: type, method: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def as_constructed(self: Any, *args: Any, **options: Any) -> Any:
        return usual(owner.from_config(constructed[self]), *args, **options)

    def construct(self: Any, **config: Any) -> None:
        begin(self, **config)
        constructed[self] = config

    constructed: dict[Any, dict[str, Any]] = {}
    usual, begin = getattr(owner, method), owner.__init__
    monkeypatch.setattr(owner, "__init__", construct)
    monkeypatch.setattr(owner, method, as_constructed)
    assert not usable(TWINS)
    assert owner.__name__ in warnings(capfd)[0]


def test_a_dropout_that_drops_something_else_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keras.layers.Dropout, "call", lambda layer, inputs, training: inputs)
    assert not usable(TWINS)
    assert "Dropout" in warnings(capfd)[0]


def test_the_public_way_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SESSION.names, "names", "renamed")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        keras.layers.Dense(1)
        forget_names()
        assert keras.layers.Dense(1).name == "dense"
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("room", ["training", "measuring"])
def test_hidden_names_are_looked_up_in_one_table(room: str) -> None:
    """No `other._name`, and no module that Keras or TensorFlow keep to themselves."""
    for path in (ROOT / "tuner" / room).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                assert node.attr.startswith("__") or owner == "self", f"{path}: {node.attr}"
            if isinstance(node, ast.ImportFrom):
                assert not re.match(r"keras\.src|tensorflow\.python", node.module or ""), path
