"""Models whose epochs are compiled, kept for later trials of the same architecture."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from tuner.training.epoch import Data, Epoch, Logs, NotCompilableError, Steps, compile_epoch, kind
from tuner.training.figures import figures
from tuner.training.keras_internals import TWINS, layers_of, usable
from tuner.training.learning_rates import learning_rates
from tuner.training.twins import copy_state, likeness, make_twin, state
from tuner.training.xla import RefusedByXlaError, xla_epoch

# The memory that all kept models may take together.
KEPT_BYTES = 512 * 1024**2

# What one takes beside its variables: graphs, kernels, Python objects. `benchmarks.trial_cost`
# measures 7 to 10 MB; a process that has run 200 trials holds half as much again in gaps.
GRAPH_BYTES = 16 * 1024**2

# A model that does one of these in a way of its own is left to it.
_METHODS = ("fit", "evaluate", "make_train_function", "make_test_function")


@dataclass(frozen=True)
class Compiled:
    """A model, and an epoch of its training and of its evaluation as one call each.

    Attributes:
        model: What the epochs train and evaluate.
        train: A loop of `model.train_step`; it begins with metrics that are reset.
        evaluate: Likewise of `model.test_step`.
        numbers: What the loops read from variables, by name.
    """

    model: keras.Model
    train: Epoch
    evaluate: Epoch
    numbers: dict[str, tf.Variable] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The memory it takes, in bytes."""
        variables = [variable.value for variable in state(self.model)]
        return GRAPH_BYTES + sum(v.dtype.size * v.shape.num_elements() for v in variables)


# By architecture and kind of data, the latest at the end.
_kept: OrderedDict[str, Compiled] = OrderedDict()


@contextmanager
def compiled(
    model: keras.Model, train: Data, validation: Data, *, xla: bool = False
) -> Iterator[Compiled]:
    """Lend what trains in place of a model, which has the outcome when it is given back.

    That is a twin if the model is recognized, else the model itself. What is lent is out of
    the store, so that two trainings never share a twin.

    Args:
        model: Compiled in Keras's sense of the word.
        train: Tensors like those to train on.
        validation: Tensors like those to evaluate on.
        xla: Each epoch as one XLA program, which may be refused when it is first called.

    Raises:
        NotCompilableError: The model cannot be compiled in this way.
    """
    key, found = _find(model, train, validation, xla)
    if not key:
        yield found
        return
    try:
        rates = learning_rates(model, found.model)
        yield replace(found, train=partial(found.train, rates=rates))
    finally:
        copy_state(found.model, model)
        _keep(key, found)


def forget() -> None:
    """Forget all that is kept."""
    _kept.clear()


def _find(model: keras.Model, train: Data, validation: Data, xla: bool) -> tuple[str, Compiled]:
    """Return a twin and the key to keep it by; no key for the model itself."""
    with _explained():
        _check(model)
        if xla:
            _check_for_xla(model)
        known = likeness(model)
        if known is not None:
            key = f"{known.architecture} {kind(train)} {kind(validation)} {xla}"
            with suppress(NotCompilableError):
                twin = _kept.pop(key, None) or _compile_twin(model, train, validation, xla)
                copy_state(model, twin.model)
                for name, number in known.numbers.items():
                    twin.numbers[name].assign(number)
                return key, twin
        return "", _compile(model, train, validation, xla)


def _compile_twin(model: keras.Model, train: Data, validation: Data, xla: bool) -> Compiled:
    """Return a twin, whose steps are Keras's own."""
    with _explained():
        twin, numbers = make_twin(model)
        # An evaluation makes the variables of the metrics. One in a graph would be traced twice.
        twin.test_step(tf.nest.map_structure(lambda tensor: tensor[:1], validation))

        reset, measured = twin.reset_metrics, twin.get_metrics_result
        set_rate = twin.optimizer.learning_rate.assign

        def trained() -> Logs:
            return {**measured(), **figures(twin.optimizer)}

        testing = Steps(twin.test_step, reset, measured)
        training = Steps(twin.train_step, reset, trained, set_rate)
        evaluate = _epoch(testing, validation, twin.jit_compile, xla)
        return Compiled(twin, _epoch(training, train, twin.jit_compile, xla), evaluate, numbers)


def _compile(model: keras.Model, train: Data, validation: Data, xla: bool) -> Compiled:
    """Return a model whose steps may be the user's."""

    def measured(epoch: Epoch, *args: Any) -> Logs:
        """Run an epoch, with the metrics that Keras's `fit` would log."""
        model.reset_metrics()
        logs, metrics = epoch(*args), model.get_metrics_result()
        return metrics if metrics.keys() == logs.keys() else logs

    if model.built:
        state(model)
    # Evaluation first: it makes the variables of the metrics. TensorFlow traces a function that
    # makes variables twice, and training is the one that takes long.
    evaluate = _epoch(Steps(model.test_step), validation, model.jit_compile, xla)
    epoch = _epoch(Steps(model.train_step), train, model.jit_compile, xla)
    return Compiled(model, partial(measured, epoch), partial(measured, evaluate))


def _epoch(steps: Steps, data: Data, jit_compile: bool, xla: bool) -> Epoch:
    return xla_epoch(steps, data) if xla else compile_epoch(steps, data, jit_compile)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever fails into `NotCompilableError`."""
    try:
        yield
    except NotCompilableError:
        raise
    except Exception as error:  # Of the user's code: plain `fit` may run it, or else explain.
        raise NotCompilableError(f"{type(error).__name__}: {error}") from error


def _check(model: keras.Model) -> None:
    """Raise `NotCompilableError` for a model that has to be left to its own ways."""
    if model.run_eagerly:
        raise NotCompilableError("it was compiled with run_eagerly=True")
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise NotCompilableError("it trains on several devices")
    own = [n for n in _METHODS if getattr(type(model), n) is not getattr(keras.Model, n)]
    if own:
        raise NotCompilableError(f"it has a way of its own to {', '.join(own)}")


def _check_for_xla(model: keras.Model) -> None:
    """Raise `RefusedByXlaError` for layers of which Keras says that XLA has no kernels for them."""
    known = layers_of(model) if usable(TWINS) else []
    layers = [layer.name for layer in known if not layer.supports_jit]
    if layers:
        raise RefusedByXlaError(f"XLA cannot compile {', '.join(layers)}")


def _keep(key: str, twin: Compiled) -> None:
    _kept[key] = twin
    while sum(kept.size for kept in _kept.values()) > KEPT_BYTES:
        _kept.popitem(last=False)
