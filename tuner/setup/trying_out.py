"""A model tried on a few examples before anything trains: what it takes, and what it logs."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import keras
from keras_tuner import HyperParameters

from data import Dataset
from data.errors import InputError
from data.form import Form
from tuner.training.fitting import fit_by_itself
from tuner.training.own_model import OwnModel
from tuner.training.run_trial import ModelBuilder, own_fit
from tuner.trials.chance import chance_metrics
from tuner.trials.ending import described
from tuner.trials.numbers import numbers
from tuner.trials.trial import Metrics

# So many examples show what a model takes.
FEW = 8


@dataclass(frozen=True)
class TriedOut:
    """What trying a model has shown.

    Attributes:
        dataset: The data in the form that the model takes.
        logged: The names in its epoch logs.
        chance: What it would score if it knew nothing of the inputs.
    """

    dataset: Dataset
    logged: list[str]
    chance: Metrics


def tried_out(
    build: ModelBuilder, hp: HyperParameters, dataset: Dataset, targets: str = "auto"
) -> TriedOut:
    """Try the model that these hyperparameters make.

    Args:
        build: The model builder.
        hp: All values that it needs.
        dataset: The data; a model of one's own may need them in another form.
        targets: "indices" or "one-hot", or "auto" for what the model takes.

    Raises:
        InputError: The model does not take the data.
    """
    model = build(hp)
    _require_config(model)
    own = own_fit(build, hp)
    if own is not None and not model.compiled:
        dataset = replace(dataset, form=replace(dataset.form, one_hot=targets == "one-hot"))
        return TriedOut(dataset, _logs_of_fit(model, dataset, own), {})
    if not model.compiled:
        raise InputError(
            "the model is not compiled: expected model.compile(optimizer, loss) before it is "
            "returned, or a HyperModel with a fit of its own"
        )
    refusal: Exception | None = None
    for form in _forms(model, dataset, targets):
        formed = replace(dataset, form=form)
        try:
            if form != dataset.form:
                model = build(hp, dataset=formed)
            names = _logs_of_batch(model, formed)
        except Exception as error:  # Of Keras or of the user's code: another form may do.
            refusal = refusal or error
            continue
        _require_outputs(model, formed)
        if own is not None:
            return TriedOut(formed, _logs_of_fit(model, formed, own), {})
        logged = [*names, *(f"val_{name}" for name in names)]
        chance: Metrics = {}
        with suppress(Exception):  # A loss of one's own may not bear what knows nothing.
            chance = chance_metrics(model, formed)
        return TriedOut(formed, logged, chance)
    assert refusal is not None  # There is one form at least.
    raise InputError(
        f"the model fails on the examples of {dataset.name}, {_taken(dataset)}: "
        f"{described(refusal)}"
    ) from refusal


def _require_config(model: keras.Model) -> None:
    """Raise for a model that no file can hold, since it or a layer lacks `get_config`."""
    try:
        model.get_config()
    except NotImplementedError as error:
        reason = " ".join(str(error).partition("Example:")[0].split())
        raise InputError(f"the model cannot be saved: {reason}") from error
    except Exception as error:
        raise InputError(f"the model cannot be saved: {described(error)}") from error


def pretending_to_fit(own: OwnModel) -> Callable[[HyperParameters], None]:
    """Return what declares all that a `HyperModel` declares, in its `fit`, too.

    Keras's `fit` does nothing meanwhile. A loop of one's own runs for one epoch on a few examples.
    """
    few = _few(own.dataset)  # Once prepared: where a large model is built, no image can be read.

    def declare(hp: HyperParameters) -> None:
        model = own.declare(hp)
        model.fit = lambda *args, **kwargs: _nothing_learned()
        fit_by_itself(model, few, lambda *a, **kw: own.fit(hp, *a, **kw), 1, 0, [])

    return declare


def _nothing_learned() -> keras.callbacks.History:
    history = keras.callbacks.History()
    history.history = defaultdict(lambda: [0.0])
    return history


def _forms(model: keras.Model, dataset: Dataset, targets: str) -> Iterator[Form]:
    """Yield the forms that a model may take data in, the likeliest first."""
    form = dataset.form
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and None not in shape[1:]:
        same = math.prod(shape[1:]) == math.prod(dataset.input_shape)
        if same and shape[1:] != dataset.input_shape:
            form = replace(form, input_shape=shape[1:])
    if len(getattr(model, "outputs", None) or ()) > 1:
        form = replace(form, outputs=_outputs(model, dataset))
    if form.raw and (names := _input_names(model)):
        form = replace(form, columns=_columns(names, dataset))
    wants = dataset.task == "classification" and _wants_rows(model.loss)
    rows = [wants, not wants] if dataset.task == "classification" else [False]
    if targets != "auto":
        rows = [targets == "one-hot"]
    shapes = [form.input_shape]
    if not getattr(model, "inputs", None) and dataset.input_shape[-1:] == (1,):
        shapes.append(dataset.input_shape[:-1])  # It may not count on an axis for channels.
    for shape in shapes:
        for one_hot in rows:
            yield replace(form, one_hot=one_hot, input_shape=shape)


def _require_outputs(model: keras.Model, dataset: Dataset) -> None:
    """Raise for a column a class or value, of which some are missing: training would fail, or
    worse."""
    shape = getattr(model, "output_shape", None)
    columns = shape[1] if isinstance(shape, tuple) and len(shape) == 2 else None
    y = dataset.train.y
    if y.ndim == 2 and columns and columns != y.shape[1]:
        what = "labels" if dataset.task == "multi-label" else "values"
        raise InputError(
            f"the model has {columns} outputs and {dataset.name} {y.shape[1]} {what}: expected an "
            "output for each"
        )
    if dataset.task == "classification" and columns and 1 < columns < dataset.num_classes:
        raise InputError(
            f"the model has {columns} outputs and {dataset.name} {dataset.num_classes} classes: "
            "expected an output for each, as with a parameter num_classes of the builder"
        )


def _outputs(model: keras.Model, dataset: Dataset) -> tuple[str, ...]:
    """Return the names of several outputs, for each of which there is a target."""
    outputs = dict(zip(model.output_names, model.outputs, strict=True))
    same = [name for name in outputs if name not in dataset.more_targets]
    if len({outputs[name].shape for name in same}) > 1:
        raise InputError(
            f"the model has outputs {', '.join(same)} of different shapes, and {dataset.name} has "
            f"one target for them: give others a target of their name (--target {same[0]} --target "
            f"{same[1]} of a CSV, y_{same[1]} in an .npz)"
        )
    return tuple(outputs)


def _input_names(model: keras.Model) -> list[str]:
    """Return the names of a model's inputs if they are told apart by name."""
    inputs = getattr(model, "input", None)
    if isinstance(inputs, dict):
        return list(inputs)
    return [one.name for one in inputs] if isinstance(inputs, list) and len(inputs) > 1 else []


def _columns(names: list[str], dataset: Dataset) -> tuple[str, ...]:
    missing = [name for name in names if name not in dataset.feature_names]
    if missing:
        raise InputError(
            f"the model has an input {missing[0]}, and {dataset.name} has no such column: expected "
            f"some of {', '.join(dataset.feature_names)}"
        )
    return tuple(names)


def _wants_rows(loss: Any) -> bool:
    """Tell whether a loss compares a row of probabilities with a row of zeros and a one."""
    losses = list(loss.values()) if isinstance(loss, dict) else loss
    first = losses[0] if isinstance(losses, list) and losses else losses
    name = str(getattr(first, "name", None) or getattr(first, "__name__", None) or first).lower()
    return "categorical" in name and "sparse" not in name


def _logs_of_batch(model: keras.Model, dataset: Dataset) -> list[str]:
    batch = next(iter(dataset.stream("train", 2)))
    eager, model.run_eagerly = model.run_eagerly, True
    try:
        return list(numbers(model.test_on_batch(*batch, return_dict=True)))
    finally:
        model.run_eagerly = eager


def _logs_of_fit(model: keras.Model, dataset: Dataset, own: Callable[..., Any]) -> list[str]:
    """Return what a `fit` of one's own logs, found by one epoch on a few examples."""
    seen = _Names()
    try:
        returned = fit_by_itself(model, _few(dataset), own, 1, 0, [seen])
    except (Exception, SystemExit) as error:
        raise InputError(f"its fit fails on a few examples: {described(error)}") from error
    if not seen.names:
        raise InputError(
            "its fit reports nothing: expected that it passes callbacks on to model.fit, calls "
            "their on_epoch_end, or returns a number to minimize, a dict or a history, received "
            f"{type(returned).__name__}"
        )
    return seen.names


class _Names(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.names += [name for name in numbers(logs or {}) if name not in self.names]


def _few(dataset: Dataset) -> Dataset:
    train, validation = dataset.train.first(FEW), dataset.validation.first(FEW)
    return replace(dataset, train=train, validation=validation)


def _taken(dataset: Dataset) -> str:
    if dataset.form.raw:
        return f"as they are in the source ({', '.join(dataset.feature_names) or 'one array'})"
    return f"preprocessed to {dataset.input_shape}"
