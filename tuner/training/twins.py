"""Twins: models of one architecture, in whose graph rates of dropout and the like are variables.

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

from tuner.training.fused_adam import fuse_adam
from tuner.training.keras_internals import (
    TWINS,
    VariableDropout,
    layers_of,
    leaves_out_decay,
    plain_optimizer,
    usable,
)
from tuner.training.precision import precision

Config = dict[str, Any]
Numbers = dict[str, float]

# The metrics there have configurations that tell all about them.
METRICS = "model.metrics"

# Layers that run code which Keras does not know.
_OPAQUE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}


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
    if not (usable(TWINS) and model.compiled and model.built and model.optimizer):
        return None
    try:
        # Keras warns of code in a configuration.
        with warnings.catch_warnings(action="error", category=UserWarning):
            config, training = model.get_config(), model.get_compile_config()
        settings = [keras.config.floatx(), keras.config.epsilon(), model.dtype_policy.name]
        numbers = _take_numbers(config["layers"], training)
        architecture = json.dumps([config, training, settings], sort_keys=True)
        known = _known([config, training]) and _made_of_keras(model)
    except Exception:  # Also code of the user, for instance in a `get_config`.
        return None
    return Likeness(architecture, numbers) if known else None


def make_twin(model: keras.Model) -> tuple[keras.Model, dict[str, tf.Variable]]:
    """Return a twin of a model that has been recognized, and its variables for the numbers.

    Its weights are its own; `copy_state` makes them those of the model.

    Raises:
        ValueError: Its variables are not those of the model.
    """
    variables: dict[str, tf.Variable] = {}

    def variable(name: str, number: float, dtype: str = "float32") -> tf.Variable:
        variables[name] = tf.Variable(number, trainable=False, dtype=dtype)
        return variables[name]

    def copy(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        names = _numbers_of_layer(type(layer).__name__, config)
        kind = VariableDropout if "rate" in names else type(layer)
        for name in config:
            if name.endswith("_initializer"):
                config[name] = "zeros"  # Cheaper than numbers that are overwritten.
        twin = kind.from_config(config)
        for name, number in names.items():
            full_name = f"layer/{layer.name}/{name}"
            setattr(twin, name, variable(full_name, number, layer.compute_dtype))
        return twin

    drawn = random.getstate()
    training = model.get_compile_config()
    training["optimizer"]["config"]["learning_rate"] = 0.0  # A variable, also for a schedule.
    arguments = keras.saving.deserialize_keras_object(training)
    if weights := _loss_weights(training):
        arguments["loss_weights"] = [variable(*weight) for weight in weights.items()]
    with precision(model.dtype_policy.name):
        twin = keras.models.clone_model(model, clone_function=copy)
        twin.compile(**arguments)
    fuse_adam(twin)
    random.setstate(drawn)  # What is drawn later shall not depend on whether a twin was needed.
    if [_kind(v) for v in _alike(twin)] != [_kind(v) for v in _alike(model)]:
        raise ValueError("Expected a twin with the variables of the model.")
    return twin, variables


def state(model: keras.Model) -> list[keras.Variable]:
    """Return all that training changes: weights, states of generators, and the optimizer's."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def copy_state(source: keras.Model, target: keras.Model) -> None:
    """Copy the state of a model to one of the same architecture.

    A twin of a model with a schedule has a learning rate of its own, the one that is due.
    """
    for old, new in zip(_alike(target), _alike(source), strict=True):
        old.assign(new)
    rate = target.optimizer.learning_rate
    if isinstance(rate, keras.Variable):
        rate.assign(source.optimizer.learning_rate)


def _alike(model: keras.Model) -> list[keras.Variable]:
    """Return the state but for the learning rate, which only some of a kind have."""
    rate = model.optimizer.learning_rate
    return [variable for variable in state(model) if variable is not rate]


def _take_numbers(layers: list[Config], training: Config) -> Numbers:
    """Take the numbers out of a configuration that can be variables of a graph."""
    numbers = {}
    for layer in layers:
        for name, number in _numbers_of_layer(layer["class_name"], layer["config"]).items():
            numbers[f"layer/{layer['config']['name']}/{name}"] = number
            layer["config"].pop(name, None)

    # Each step is told its learning rate, whatever it comes from.
    del training["optimizer"]["config"]["learning_rate"]

    weights = _loss_weights(training)
    if weights:
        training["loss_weights"] = len(weights)
    return numbers | weights


def _loss_weights(training: Config) -> Numbers:
    weights = training["loss_weights"]
    if not isinstance(weights, list):
        return {}
    return {f"loss_weight/{index}": weight for index, weight in enumerate(weights)}


def _numbers_of_layer(kind: str, config: Config) -> Numbers:
    if kind == "Dropout" and config["noise_shape"] is None:
        rate = config["rate"]
        # At 0 and 1, Keras builds another graph.
        return {"rate": rate, "factor": 1 / (1 - rate)} if 0 < rate < 1 else {}
    if kind == "Rescaling":
        return {name: config[name] for name in ("scale", "offset") if type(config[name]) is float}
    return {}


def _made_of_keras(model: keras.Model) -> bool:
    """Return whether no code in a model is the user's, as far as its objects tell."""
    # Its schedule counts steps that no public number tells.
    accumulates = plain_optimizer(model.optimizer).gradient_accumulation_steps
    if accumulates or leaves_out_decay(model.optimizer):
        return False
    return all(
        _is_keras(type(layer).__module__)
        and not hasattr(layer, "adapt")  # It would hold tables and statistics.
        and all(
            _is_keras(value.__module__)
            for value in vars(layer).values()
            if isinstance(value, types.FunctionType | types.MethodType)
        )
        for layer in layers_of(model)
    )


def _is_keras(module: str | None) -> bool:
    return (module or "").split(".")[0] == "keras"


def _known(config: Any) -> bool:
    """Return whether no object in a configuration is the user's, but for `model.metrics`."""
    if isinstance(config, dict):
        name = config.get("class_name", "")
        if name == TWINS.names["tensor"]:
            return True
        module = config.get("module")
        foreign = name and not _is_keras(module) and module != METRICS
        return not foreign and name not in _OPAQUE and all(map(_known, config.values()))
    return all(map(_known, config)) if isinstance(config, list | tuple) else True


def _kind(variable: keras.Variable) -> tuple[Any, ...]:
    return variable.shape, variable.dtype, variable.trainable
