"""All that training uses of Keras and TensorFlow without their promise to keep it.

Each `Feature` below is something that training gains from such names. It is tried once in a
process. Where a name is gone or means something else, training does without, and one line says so.
A name is looked up by its role, so that a test can take it away.
"""

import importlib
import random
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule as Schedule


@dataclass(frozen=True, eq=False)
class Feature:
    """What training gains from names that a package does not promise.

    Attributes:
        package: Whose names they are.
        names: What each is for, and the name.
        without: What training does where one is gone, and what that costs.
        probe: Raises where one is gone or means something else.
    """

    package: str
    names: dict[str, str]
    without: str
    probe: Callable[[], None] = field(repr=False)


@cache
def usable(feature: Feature) -> bool:
    """Return whether a feature works with the packages installed; say so once if it does not."""
    drawn = random.getstate()
    try:
        with tf.init_scope():  # It may be asked for while a graph is traced.
            feature.probe()
    except Exception as error:  # Whatever another version may do.
        installed = f"{feature.package} {importlib.import_module(feature.package).__version__}"
        missing = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        say_once(f"{installed}: {missing}: {feature.without}")
        return False
    finally:
        random.setstate(drawn)
    return True


@cache
def say_once(sentence: str) -> None:
    """Print a warning on standard error: one line, once in a process.

    Workers share the driver's standard error, and Ray forwards theirs.
    """
    line = textwrap.shorten(f"warning: {sentence}", 500, placeholder=" …")
    print(line, file=sys.stderr, flush=True)


def _expect(works: Any, what: str) -> None:
    if not works:
        raise LookupError(f"{what} does not do what it did")


# --- Names and seeds as in a new process ---------------------------------------------------------


def forget_names() -> None:
    """Name layers as if there had been none before, and draw a new seed where none is given.

    In public only `keras.utils.clear_session` does so. It also drops whatever TensorFlow has
    compiled, and the mixed-precision policy, which is kept here.
    """
    if usable(SESSION):
        _reset_session()
        return
    policy = keras.config.dtype_policy()
    keras.utils.clear_session(free_memory=False)
    keras.config.set_dtype_policy(policy)


def _reset_session() -> None:
    names = SESSION.names
    reset = getattr(importlib.import_module(names["module"]), names["function"])
    for role in ("names", "seeds"):
        reset(names[role], None)


def _probe_session() -> None:
    draws = []
    for _ in range(2):
        _reset_session()
        random.seed(0)
        draws.append(float(keras.random.uniform(())))
        _expect(keras.layers.Flatten().name == "flatten", SESSION.names["names"])
    _expect(draws[0] == draws[1], SESSION.names["seeds"])


SESSION = Feature(
    "keras",
    {
        "module": "keras.src.backend.common.global_state",
        "function": "set_global_attribute",
        "names": "object_name_uids",
        "seeds": "global_seed_generator",
    },
    "each model is built after keras.utils.clear_session, and a trial takes longer to begin",
    _probe_session,
)


# --- The table in which TensorFlow keeps graphs for ever -----------------------------------------


@contextmanager
def graphs_released() -> Iterator[None]:
    """Let go of the graphs of training steps that are traced inside.

    Keras's optimizers sum gradients over replicas by way of `tf.custom_gradient`, even where there
    is only one. That enters a function in a global table, for ever, and with it the whole graph
    (tensorflow/tensorflow#97697): 2 to 10 MB for each model that is trained. Nothing looks there
    again once the gradients are in the graph.
    """
    table = _gradients() if usable(GRADIENTS) else {}
    before = set(table)
    try:
        yield
    finally:
        for name in table.keys() - before:
            if name.startswith(GRADIENTS.names["prefix"]):
                del table[name]


def _gradients() -> dict[str, Any]:
    names = GRADIENTS.names
    table = getattr(importlib.import_module(names["module"]), names["table"])
    entries: dict[str, Any] = getattr(table, names["entries"])
    return entries


def _probe_gradients() -> None:
    same = tf.custom_gradient(lambda x: (x, lambda gradient: gradient))
    table, names = _gradients(), GRADIENTS.names
    before = set(table)
    tf.function(lambda: same(tf.constant(0.0)), autograph=False).get_concrete_function()
    added = [name for name in table.keys() - before if name.startswith(names["prefix"])]
    _expect(added, f"{names['entries']} with {names['prefix']}")
    for name in added:
        del table[name]


GRADIENTS = Feature(
    "tensorflow",
    {
        "module": "tensorflow.python.framework.ops",
        "table": "gradient_registry",
        "entries": "_registry",
        "prefix": "CustomGradient-",
    },
    "memory grows by 2 to 10 MB with each graph that is traced",
    _probe_gradients,
)


# --- Adam's moments, and its update in one kernel ------------------------------------------------


def moments(adam: keras.optimizers.Adam) -> tuple[list[Any], list[Any]]:
    """Return the first and second moments that Adam keeps of each variable's gradient."""
    return getattr(adam, MOMENTS.names["first"]), getattr(adam, MOMENTS.names["second"])


def replace_update(adam: keras.optimizers.Adam, update: Callable[..., None]) -> None:
    """Let a function of gradients, variables and learning rate take the place of Adam's own."""
    setattr(adam, UPDATE.names["update"], update)


def _stepped_adam(update: Callable[..., None] | None = None) -> keras.optimizers.Adam:
    adam, weight = keras.optimizers.Adam(0.5, beta_1=0.5, beta_2=0.5), keras.Variable([1.0])
    adam.build([weight])
    if update is not None:
        replace_update(adam, update)
    adam.apply([tf.constant([2.0])], [weight])
    return adam


def _probe_moments() -> None:
    (first,), (second,) = moments(_stepped_adam())
    _expect(float(first[0]) == 1.0, MOMENTS.names["first"])
    _expect(float(second[0]) == 2.0, MOMENTS.names["second"])


def _probe_update() -> None:
    seen: list[float] = []

    def update(gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        (gradient,), (variable,) = gradients, variables
        seen.extend([float(gradient[0]), float(variable.value[0]), float(learning_rate)])

    _stepped_adam(update)
    _expect(seen == [2.0, 1.0, 0.5], UPDATE.names["update"])


MOMENTS = Feature(
    "keras",
    {"first": "_momentums", "second": "_velocities"},
    "the norm of the gradient is not logged, and Adam takes up to a fifth longer for a step",
    _probe_moments,
)
UPDATE = Feature(
    "keras",
    {"update": "_backend_update_step"},
    "Adam keeps its own dozen kernels, and takes up to a fifth longer for a step",
    _probe_update,
)


# --- What a model is recognized by ---------------------------------------------------------------


def plain_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer itself, without what scales the loss in half precision."""
    return getattr(optimizer, RECOGNITION.names["wrapped"], optimizer)


def is_keras(module: str | None) -> bool:
    """Return whether code of this module is Keras's own."""
    return (module or "").split(".")[0] == RECOGNITION.names["modules"]


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """Return a model and all layers in it, also those within others."""
    return list(getattr(model, RECOGNITION.names["layers"])())


def leaves_out_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether an optimizer decays some weights only, which its configuration conceals."""
    return hasattr(plain_optimizer(optimizer), RECOGNITION.names["undecayed"])


def is_tensor(config: dict[str, Any]) -> bool:
    """Return whether a part of a configuration stands for a tensor: not for an object."""
    return config.get("class_name") == RECOGNITION.names["tensor"]


def _probe_recognition() -> None:
    names, layers = RECOGNITION.names, keras.layers
    inputs = keras.Input((2,))
    inner = layers.Dense(1)
    model = keras.Model(inputs, layers.TimeDistributed(inner)(layers.Reshape((2, 1))(inputs)))
    _expect(is_keras(type(inner).__module__), names["modules"])
    _expect(any(layer is inner for layer in layers_of(model)), names["layers"])
    node = model.get_config()["layers"][1]["inbound_nodes"][0]["args"][0]
    _expect(is_tensor(node), names["tensor"])
    adam = keras.optimizers.AdamW()
    _expect(not leaves_out_decay(adam), names["undecayed"])
    adam.exclude_from_weight_decay(var_names=["bias"])
    _expect(leaves_out_decay(adam), names["undecayed"])
    wrapper = keras.optimizers.LossScaleOptimizer(adam)
    _expect(plain_optimizer(wrapper) is adam, names["wrapped"])


RECOGNITION = Feature(
    "keras",
    {
        "modules": "keras",
        "wrapped": "inner_optimizer",
        "layers": "_flatten_layers",
        "undecayed": "_exclude_from_weight_decay",
        "tensor": "__keras_tensor__",
    },
    "no model is recognized, and each trial traces graphs of its own",
    _probe_recognition,
)


# --- Numbers of layers and schedules that a graph reads from variables ---------------------------


class VariableDropout(keras.layers.Dropout):
    """Keras's dropout, to the same mask, whose `rate` and 1 / (1 - `rate`) are variables."""

    factor: tf.Variable

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        seed = getattr(self, NUMBERS.names["seeds"])
        noise = keras.random.uniform(ops.shape(inputs), dtype=inputs.dtype, seed=seed)
        return ops.where(noise >= self.rate, inputs * self.factor, 0)


def read_from(target: keras.Layer | Schedule, name: str, variable: tf.Variable) -> None:
    """Let a layer, or a schedule, read one of its numbers from a variable.

    It has the number as an attribute of the name that its configuration uses, by a custom that
    Keras keeps everywhere.
    """
    feature = SCHEDULES if isinstance(target, Schedule) else NUMBERS
    setattr(target, feature.names.get(name, name), variable)


def _probe_numbers() -> None:
    policy = {"dtype": "float32"}
    theirs = keras.layers.Dropout(0.5, seed=1, **policy)
    ours = VariableDropout(0.25, seed=1, **policy)
    read_from(ours, "rate", tf.Variable(0.5))
    read_from(ours, "factor", tf.Variable(2.0))
    getattr(ours, NUMBERS.names["seeds"])
    kept = [np.asarray(layer(tf.ones((9, 9)), training=True)) for layer in (theirs, ours)]
    _expect((kept[0] == kept[1]).all(), f"{NUMBERS.names['rate']} of Dropout")
    rescaling = keras.layers.Rescaling(1.0, offset=1.0, **policy)
    read_from(rescaling, "scale", tf.Variable(2.0))
    read_from(rescaling, "offset", tf.Variable(3.0))
    names = f"{NUMBERS.names['scale']} or {NUMBERS.names['offset']} of Rescaling"
    _expect(float(rescaling(tf.ones(()))) == 5.0, names)
    model, weight = keras.Sequential([keras.Input((1,))]), tf.Variable(1.0)
    model.compile(loss="mean_squared_error", loss_weights=[weight])
    weight.assign(3.0)
    loss = model.compute_loss(y=tf.zeros((1, 1)), y_pred=tf.ones((1, 1)))
    _expect(float(loss) == 3.0, "loss_weights")


# Schedules that do nothing but arithmetic with their numbers, and some numbers to try them with.
_DECAY = {"initial_learning_rate": 0.5, "decay_steps": 9.0, "decay_rate": 0.25}
_WARMUP = {"initial_learning_rate": 0.5, "warmup_target": 0.75, "warmup_steps": 2.0}
ARITHMETIC: dict[type[Schedule], dict[str, float]] = {
    keras.optimizers.schedules.CosineDecay: {**_WARMUP, "decay_steps": 9.0, "alpha": 0.25},
    keras.optimizers.schedules.ExponentialDecay: _DECAY,
    keras.optimizers.schedules.InverseTimeDecay: _DECAY,
}


def _probe_schedules() -> None:
    for kind, numbers in ARITHMETIC.items():
        wanted, other = kind(**numbers), kind(**dict.fromkeys(numbers, 3.0))
        for name, number in numbers.items():
            read_from(other, name, tf.Variable(number))
        for step in (1, 5):
            rates = [float(schedule(tf.constant(step))) for schedule in (wanted, other)]
            names = " or ".join(SCHEDULES.names[name] for name in numbers)
            _expect(np.isclose(rates[0], rates[1]), f"{names} of {kind.__name__}")


NUMBERS = Feature(
    "keras",
    {"rate": "rate", "seeds": "seed_generator", "scale": "scale", "offset": "offset"},
    "trials that differ in their dropout trace graphs of their own",
    _probe_numbers,
)
SCHEDULES = Feature(
    "keras",
    {name: name for numbers in ARITHMETIC.values() for name in numbers},
    "each learning-rate schedule is traced anew, and a trial takes longer to begin",
    _probe_schedules,
)


# --- Where a learning rate comes from; on how many devices a model trains ------------------------


def rate_source(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the variable, the schedule or the function that gives an optimizer's learning rate.

    In public there is a copy at most, and none of a function.
    """
    optimizer = plain_optimizer(optimizer)
    if usable(RATE):
        return getattr(optimizer, RATE.names["rate"])
    rate = optimizer.get_config()["learning_rate"]
    if isinstance(rate, float):
        return optimizer.learning_rate
    return keras.saving.deserialize_keras_object(rate)


def schedule_of(optimizer: keras.optimizers.Optimizer) -> Schedule | None:
    """Return an optimizer's schedule; None where the learning rate is a number."""
    source = rate_source(optimizer)
    return source if isinstance(source, Schedule) else None


def _probe_rate() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    for rate in (0.5, schedule):
        source = getattr(keras.optimizers.SGD(rate), RATE.names["rate"])
        same = source is rate if rate is schedule else isinstance(source, keras.Variable)
        _expect(same, RATE.names["rate"])


def replicas(model: keras.Model) -> int | None:
    """Return on how many devices a model trains at once; None where Keras does not tell."""
    if not usable(DEVICES):
        return None
    return int(getattr(model, DEVICES.names["strategy"]).num_replicas_in_sync)


def _probe_devices() -> None:
    strategy = getattr(keras.Sequential(), DEVICES.names["strategy"])
    _expect(strategy.num_replicas_in_sync >= 1, DEVICES.names["strategy"])


RATE = Feature(
    "keras",
    {"rate": "_learning_rate"},
    "learning-rate schedules are copied from their configuration, which only Keras's own survive",
    _probe_rate,
)
DEVICES = Feature(
    "keras",
    {"strategy": "distribute_strategy"},
    "epochs are not compiled, and a small model trains several times slower",
    _probe_devices,
)

FEATURES = (SESSION, GRADIENTS, MOMENTS, UPDATE, RECOGNITION, NUMBERS, SCHEDULES, RATE, DEVICES)
