"""All that training uses of Keras and TensorFlow without their promise to keep it.

Each name is looked up by its role in a `Feature`, so that a test can take it away.
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
    """What training gains from names that a package does not promise; `usable` tries it.

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


# --- Graphs for XLA, which is deterministic by itself ---------------------------------------------


@contextmanager
def graphs_for_xla() -> Iterator[None]:
    """Trace what XLA is to compile without TensorFlow's substitutes for its own GPU kernels.

    In a deterministic process TensorFlow writes the loss of classes in other operations, for want
    of a deterministic kernel. Their gradient adds rows one by one in XLA: five times slower.
    """
    on = tf.config.list_logical_devices("GPU") and usable(DETERMINISM) and _determinism("is_on")()
    if on:
        _determinism("off")()
    try:
        yield
    finally:
        if on:
            tf.config.experimental.enable_op_determinism()


def _determinism(role: str) -> Callable[[], Any]:
    names = DETERMINISM.names
    found: Callable[[], Any] = getattr(importlib.import_module(names["module"]), names[role])
    return found


def _probe_determinism() -> None:
    on = _determinism("is_on")()
    try:
        _determinism("off")()
        _expect(not _determinism("is_on")(), DETERMINISM.names["off"])
        tf.config.experimental.enable_op_determinism()
        _expect(_determinism("is_on")(), DETERMINISM.names["is_on"])
    finally:
        if not on:
            _determinism("off")()


DETERMINISM = Feature(
    "tensorflow",
    {
        "module": "tensorflow.python.framework.config",
        "is_on": "is_op_determinism_enabled",
        "off": "disable_op_determinism",
    },
    "on a GPU, an epoch as one XLA program takes five times longer in a deterministic search",
    _probe_determinism,
)


# --- Adam's moments, and its update in one kernel ------------------------------------------------


def moments(adam: keras.optimizers.Adam) -> tuple[list[Any], list[Any]]:
    """Return the first and second moments that Adam keeps of each variable's gradient."""
    return getattr(adam, ADAM.names["first"]), getattr(adam, ADAM.names["second"])


def replace_update(adam: keras.optimizers.Adam, update: Callable[..., None]) -> None:
    """Let a function of gradients, variables and learning rate take the place of Adam's own."""
    setattr(adam, ADAM.names["update"], update)


def _probe_adam() -> None:
    adam, weight = keras.optimizers.Adam(0.5, beta_1=0.5, beta_2=0.5), keras.Variable([1.0])
    adam.apply([tf.constant([2.0])], [weight])
    (first,), (second,) = moments(adam)
    _expect(float(first[0]) == 1.0, ADAM.names["first"])
    _expect(float(second[0]) == 2.0, ADAM.names["second"])
    weight.assign([1.0])
    seen: list[float] = []

    def update(gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        (gradient,), (variable,) = gradients, variables
        seen.extend([float(gradient[0]), float(variable.value[0]), float(learning_rate)])

    replace_update(adam, update)
    adam.apply([tf.constant([2.0])])
    _expect(seen == [2.0, 1.0, 0.5], ADAM.names["update"])


ADAM = Feature(
    "keras",
    {"first": "_momentums", "second": "_velocities", "update": "_backend_update_step"},
    "the norm of the gradient is not logged, and Adam takes up to a fifth longer for a step",
    _probe_adam,
)


# --- What saving leaves out of each layer --------------------------------------------------------


def ease_saving() -> None:
    """Let Keras list once a session which attributes of a kind of object it does not save.

    It means to, and Keras 3.15 keeps each list under another name than it looks for, so that it
    makes them anew for every layer: half of the time that a model of 700 columns takes.
    """
    if not usable(SAVING):
        return
    names = SAVING.names
    state = importlib.import_module(names["state"])
    for kind in ("Operation", "Layer", "Functional", "Sequential"):
        name = f"{names['prefix']}{kind}"
        if getattr(state, names["get"])(name) is None:
            getattr(state, names["set"])(name, _skipped(kind))


def _skipped(kind: str) -> set[str]:
    names = SAVING.names
    skipped: set[str] = getattr(importlib.import_module(names["saving"]), names["list"])(kind)
    return skipped


def _probe_saving() -> None:
    names = SAVING.names
    state = importlib.import_module(names["state"])
    key, marked = f"{names['prefix']}Layer", {"marked"}
    kept = getattr(state, names["get"])(key)
    getattr(state, names["set"])(key, marked)
    try:
        _expect(_skipped("Layer") is marked, names["prefix"])
    finally:
        getattr(state, names["set"])(key, kept)
    _expect("name" in _skipped("Layer"), names["list"])


SAVING = Feature(
    "keras",
    {
        "saving": "keras.src.saving.saving_lib",
        "list": "get_attr_skipset",
        "state": "keras.src.backend.common.global_state",
        "get": "get_global_attribute",
        "set": "set_global_attribute",
        "prefix": "saving_attr_skiplist_",
    },
    "a model of hundreds of columns takes twice as long to save",
    _probe_saving,
)


# --- What a model is recognized by, and the numbers that its twin's graph reads from variables ---


def plain_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer itself, without what scales the loss in half precision."""
    return getattr(optimizer, TWINS.names["wrapped"], optimizer)


def schedule_of(optimizer: keras.optimizers.Optimizer) -> Schedule | None:
    """Return an optimizer's schedule, of which there is a copy at most in public.

    Of what it holds, that is the only one, whatever its name.
    """
    held = vars(plain_optimizer(optimizer)).values()
    return next((value for value in held if isinstance(value, Schedule)), None)


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """Return a model and all layers in it, also those within others."""
    return list(getattr(model, TWINS.names["layers"])())


def leaves_out_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether an optimizer decays some weights only, which its configuration conceals."""
    return hasattr(plain_optimizer(optimizer), TWINS.names["undecayed"])


class VariableDropout(keras.layers.Dropout):
    """Keras's dropout, to the same mask, whose `rate` and 1 / (1 - `rate`) are variables."""

    factor: tf.Variable

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        seed = self.seed_generator
        noise = keras.random.uniform(ops.shape(inputs), dtype=inputs.dtype, seed=seed)
        return ops.where(noise >= self.rate, inputs * self.factor, 0)


# Schedules that do nothing but arithmetic with their numbers, and some numbers to try them with.
_DECAY = {"initial_learning_rate": 0.5, "decay_steps": 9.0, "decay_rate": 0.25}
_WARMUP = {"initial_learning_rate": 0.5, "warmup_target": 0.75, "warmup_steps": 2.0}
ARITHMETIC: dict[type[Schedule], dict[str, float]] = {
    keras.optimizers.schedules.CosineDecay: {**_WARMUP, "decay_steps": 9.0, "alpha": 0.25},
    keras.optimizers.schedules.ExponentialDecay: _DECAY,
    keras.optimizers.schedules.InverseTimeDecay: _DECAY,
}


def _probe_twins() -> None:
    _probe_recognition()
    # By a custom that Keras keeps everywhere, an object has its numbers as attributes, of the
    # names that its configuration uses, and looks them up when it is called.
    _probe_number(keras.layers.Rescaling, {"scale": 2.0, "offset": 3.0}, tf.ones(()))
    for kind, numbers in ARITHMETIC.items():
        for step in (1, 5):
            _probe_number(kind, numbers, tf.constant(step))
    _probe_dropout()
    _probe_loss_weights()


def _probe_recognition() -> None:
    names, layers = TWINS.names, keras.layers
    inputs = keras.Input((2,))
    inner = layers.Dense(1)
    model = keras.Model(inputs, layers.TimeDistributed(inner)(layers.Reshape((2, 1))(inputs)))
    _expect(any(layer is inner for layer in layers_of(model)), names["layers"])
    node = model.get_config()["layers"][1]["inbound_nodes"][0]["args"][0]
    _expect(node["class_name"] == names["tensor"], names["tensor"])
    adam = keras.optimizers.AdamW()
    _expect(not leaves_out_decay(adam), names["undecayed"])
    adam.exclude_from_weight_decay(var_names=["bias"])
    _expect(leaves_out_decay(adam), names["undecayed"])
    wrapper = keras.optimizers.LossScaleOptimizer(adam)
    _expect(plain_optimizer(wrapper) is adam, names["wrapped"])
    schedule = keras.optimizers.schedules.ExponentialDecay(**_DECAY)
    _expect(schedule_of(keras.optimizers.SGD(schedule)) is schedule, "a schedule")


def _probe_number(kind: Callable[..., Any], numbers: dict[str, float], argument: Any) -> None:
    wanted, other = kind(**numbers), kind(**dict.fromkeys(numbers, 4.0))
    for name, number in numbers.items():
        setattr(other, name, tf.Variable(number))
    same = np.isclose(float(wanted(argument)), float(other(argument)))
    _expect(same, f"{' or '.join(numbers)} of {kind.__name__}")


def _probe_dropout() -> None:
    theirs = keras.layers.Dropout(0.5, seed=1, dtype="float32")
    ours = VariableDropout(0.25, seed=1, dtype="float32")
    ours.rate, ours.factor = tf.Variable(0.5), tf.Variable(2.0)
    kept = [np.asarray(layer(tf.ones((9, 9)), training=True)) for layer in (theirs, ours)]
    _expect((kept[0] == kept[1]).all(), "rate of Dropout")


def _probe_loss_weights() -> None:
    model, weight = keras.Sequential([keras.Input((1,))]), tf.Variable(1.0)
    model.compile(loss="mean_squared_error", loss_weights=[weight])
    weight.assign(3.0)
    loss = model.compute_loss(y=tf.zeros((1, 1)), y_pred=tf.ones((1, 1)))
    _expect(float(loss) == 3.0, "loss_weights")


TWINS = Feature(
    "keras",
    {
        "wrapped": "inner_optimizer",
        "layers": "_flatten_layers",
        "undecayed": "_exclude_from_weight_decay",
        "tensor": "__keras_tensor__",
    },
    "no model is recognized, and each trial traces graphs of its own",
    _probe_twins,
)

FEATURES = (SESSION, GRADIENTS, ADAM, SAVING, TWINS)
GPU_FEATURES = (DETERMINISM,)
