"""Precision: what layers compute in, and what stays in 32 bits."""

import pickle
from typing import Any

import keras
import pytest
from keras_tuner import HyperParameters

from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import prepare
from tuner.training import compiled
from tuner.training.epoch import Epoch, Steps, compile_epoch
from tuner.training.in_memory import fit_in_memory
from tuner.training.run_trial import ModelBuilder
from tuner.training.session import build_afresh
from tuner.trials.trial import TrainingPath

OWN = "tests/builders/nested_scopes.py:build_model"


def builder(precision: str | None, model: str | None = None) -> ModelBuilder:
    options = SearchOptions(dataset="wine", model=model, precision=precision, max_epochs=1)
    prepared = prepare(options)
    # Worker processes get it pickled.
    return pickle.loads(pickle.dumps(prepared.build))


def computing(model: keras.Model) -> set[str]:
    return {layer.compute_dtype for layer in model.layers if isinstance(layer, keras.layers.Dense)}


@pytest.mark.parametrize("model", [None, OWN], ids=["shipped", "own"])
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_layers_compute_in_what_is_asked_for(model: str | None, precision: str) -> None:
    made = builder(precision, model)(HyperParameters())
    assert precision.removeprefix("mixed_") in computing(made)
    assert {variable.dtype for variable in made.trainable_variables} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_without_the_option_it_is_as_keras_is_set_up() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert "bfloat16" in computing(builder(None)(HyperParameters()))
        assert computing(builder("float32")(HyperParameters())) == {"float32"}
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_second_model_of_a_precision_needs_no_new_graph(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced: list[str] = []

    def counted(steps: Steps, *rest: Any) -> Epoch:
        traced.append(steps.step.__name__)
        return compile_epoch(steps, *rest)

    monkeypatch.setattr(compiled, "compile_epoch", counted)
    compiled.forget()
    prepared = prepare(SearchOptions(dataset="wine", precision=precision, max_epochs=2))
    sets = [prepared.dataset.preprocessed(name) for name in ("train", "validation")]
    for seed in range(2):
        hp = HyperParameters()
        model = build_afresh(lambda hp=hp: prepared.build(hp), seed)
        path = fit_in_memory(
            model,
            *((one.x, one.y) for one in sets),
            batch_size=32,
            validation_batch_size=32,
            epochs=2,
            shuffle_seed=0,
            callbacks=[],
        )
        assert path == TrainingPath.COMPILED
    assert sorted(traced) == ["test_step", "train_step"]
