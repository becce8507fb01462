"""Twins: models of one architecture, in whose graph rates and schedules are variables.

A model is recognized by its configuration, without the numbers that a graph can read from
variables. So one graph serves all trials that differ in these numbers and in their weights.
"""

import json
import random
import types
import warnings
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import ops

Config = dict[str, Any]
Numbers = dict[str, float]

# Layers that run code which Keras does not know.
_OPAQUE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}

# Schedules that do nothing but arithmetic with their numbers.
_SCHEDULES = {"CosineDecay", "ExponentialDecay", "InverseTimeDecay"}


@dataclass(frozen=True)
class Likeness:
    """What a model has in common with others, and what not.

    Attributes:
        architecture: All that shapes a graph, as text.
        numbers: What a twin's graph reads from variables, by name: dropout rates and the like.
    """

    architecture: str
    numbers: Numbers


def likeness(model: keras.Model) -> Likeness | None:
    """Return what a model is recognized by; `None` if its configuration does not tell it all."""
    if not (model.built and model.optimizer and _made_of_keras(model)):
        return None
    try:
        # Keras warns of code in a configuration.
        with warnings.catch_warnings(action="error", category=UserWarning):
            config, training = model.get_config(), model.get_compile_config()
        settings = [keras.config.floatx(), keras.config.epsilon(), model.dtype_policy.name]
        numbers = _take_rates(config) | _take_learning_rate(training["optimizer"]["config"])
        architecture = json.dumps([config, training, settings], sort_keys=True)
    except Exception:  # Also code of the user, for instance in a `get_config`.
        return None
    return Likeness(architecture, numbers) if _known([config, training]) else None


def make_twin(model: keras.Model, numbers: Numbers) -> tuple[keras.Model, dict[str, tf.Variable]]:
    """Return a twin of a model that has been recognized, and its variables for the numbers.

    Its weights are its own; `copy_state` makes them those of the model.

    Raises:
        ValueError: Its variables are not those of the model.
    """
    variables = {
        name: tf.Variable(number, False, dtype="float64" if name.endswith("/rate") else "float32")
        for name, number in numbers.items()
    }

    def copy(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        rate = variables.get(f"{layer.name}/rate")
        return type(layer).from_config(config) if rate is None else _Dropout(rate, **config)

    drawn = random.getstate()
    twin = keras.models.clone_model(model, clone_function=copy)
    twin.compile_from_config(model.get_compile_config())
    random.setstate(drawn)  # What is drawn later shall not depend on whether a twin was needed.
    schedule = model.get_compile_config()["optimizer"]["config"]["learning_rate"]
    if isinstance(schedule, dict):
        twin.optimizer.learning_rate = _schedule(schedule, variables)
    if [_kind(v) for v in state(twin)] != [_kind(v) for v in state(model)]:
        raise ValueError("Expected a twin with the variables of the model.")
    return twin, variables


def state(model: keras.Model) -> list[keras.Variable]:
    """Return all that training changes: weights, states of generators, and the optimizer's."""
    if model.optimizer is None:
        return model.variables
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def copy_state(source: keras.Model, target: keras.Model) -> None:
    """Copy the state of a model to one of the same architecture."""
    for old, new in zip(state(target), state(source), strict=True):
        old.assign(new)


class _Dropout(keras.layers.Dropout):
    """Keras's dropout, to the same mask, with a variable rate."""

    def __init__(self, variable_rate: tf.Variable, **config: Any) -> None:
        super().__init__(**config)
        self._variable_rate = variable_rate

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        noise = keras.random.uniform(
            ops.shape(inputs), dtype=inputs.dtype, seed=self.seed_generator
        )
        # The factor is computed in double precision, as Python does for Keras.
        rate = ops.convert_to_tensor(self._variable_rate)
        factor = ops.cast(1 / (1 - rate), inputs.dtype)
        return ops.where(noise >= ops.cast(rate, inputs.dtype), inputs * factor, 0)


def _take_rates(config: Config) -> Numbers:
    """Take the rates of dropout out of a model's configuration."""
    return {
        f"{layer['config']['name']}/rate": layer["config"].pop("rate")
        for layer in config["layers"]
        if layer["class_name"] == "Dropout"
        and 0 < layer["config"]["rate"] < 1  # At 0 and 1, Keras builds another graph.
        and layer["config"]["noise_shape"] is None
    }


def _take_learning_rate(config: Config) -> Numbers:
    """Take the learning rate out of an optimizer's configuration: a variable, or a schedule."""
    learning_rate = config["learning_rate"]
    if isinstance(learning_rate, float):
        del config["learning_rate"]
        return {}
    numbers = _numbers_of(learning_rate)
    for name in numbers:
        del learning_rate["config"][name]
    return {f"schedule/{name}": number for name, number in numbers.items()}


def _schedule(config: Config, variables: dict[str, tf.Variable]) -> Any:
    """Return a schedule whose numbers are variables."""
    schedule = keras.optimizers.schedules.deserialize(config)
    for name in _numbers_of(config):
        setattr(schedule, name, variables[f"schedule/{name}"])
    return schedule


def _numbers_of(schedule: Config) -> Numbers:
    if schedule["class_name"] not in _SCHEDULES:
        return {}
    return {k: float(v) for k, v in schedule["config"].items() if type(v) in (int, float)}


def _made_of_keras(model: keras.Model) -> bool:
    """Return whether no code in a model is the user's, as far as its objects tell."""
    return not hasattr(model.optimizer, "_exclude_from_weight_decay") and all(
        type(layer).__module__.startswith("keras.")
        and not hasattr(layer, "adapt")  # It would hold tables and statistics.
        and all(
            value.__module__.startswith("keras.")
            for value in vars(layer).values()
            if isinstance(value, types.FunctionType | types.MethodType)
        )
        for layer in model._flatten_layers()
    )


def _known(config: Any) -> bool:
    """Return whether no object in a configuration is the user's."""
    if isinstance(config, dict):
        name, module = config.get("class_name", ""), config.get("module") or ""
        if name == "__keras_tensor__":
            return True
        foreign = name and not (module == "keras" or module.startswith("keras."))
        return not foreign and name not in _OPAQUE and all(map(_known, config.values()))
    return all(map(_known, config)) if isinstance(config, list | tuple) else True


def _kind(variable: keras.Variable) -> tuple[Any, ...]:
    return variable.shape, variable.dtype, variable.trainable
