"""``signature.json``: what a saved model takes and what its outputs mean, without its data."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.columns import Column, columns_of
from data.errors import InputError, did_you_mean
from data.large_arrays import sample
from tuner.command_line.commands import train_command
from tuner.storage.files import write_json

if TYPE_CHECKING:
    import keras

    from data import Dataset

FILE = "signature.json"

# Of a column with more different values, such as identifiers, they are not listed.
MOST_CATEGORIES = 100_000


@dataclass(frozen=True)
class Input:
    """An input of a model: its name, its dtype, and the shape of one example, None for any size."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Output:
    """What an output of a model means.

    Attributes:
        name: Its name; empty where the model has one output.
        target: The column that it predicts; empty where the data have no name for it.
        task: "classification", "regression" or "multi-label".
        classes: The names of classes or labels, in the order of the output; empty for regression.
        logits: It gives logits in place of probabilities.
    """

    name: str
    target: str
    task: str
    classes: tuple[str, ...]
    logits: bool


@dataclass(frozen=True)
class Signature:
    """All that is needed to predict with a saved model.

    Attributes:
        kind: What an example is: a row of a "table", a part of an "array", or one of "images".
        inputs: Those of the model.
        outputs: Those of the model.
        columns: Those of a table in the order of its file, or of an array, if they have names. What
            is no input of the model is left out.
        others: Columns of a table that new files may have besides, such as the target.
        image_shape: (height, width, channels) that the model makes of images of any size.
        model: The reference of a model of one's own, whose code may be needed to load it.
        categories: All values of a column of categories that training examples have, by its name;
            those of columns with more than `MOST_CATEGORIES` are left out.
        largest: Of an array, the largest absolute value that training examples have, as far as a
            sample of a large one tells.
    """

    kind: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    columns: tuple[Column, ...] = ()
    others: tuple[str, ...] = ()
    image_shape: tuple[int, int, int] | None = None
    model: str | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    largest: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the file holds: the first output's meaning is also beside all of them."""
        first = self.outputs[0]
        told = {"task": first.task, "classes": first.classes, "target": first.target or None}
        content = asdict(self)
        return {"inputs": content.pop("inputs"), **told, **content}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Signature:
        """Return what `as_json` was made from.

        Raises:
            KeyError, TypeError, ValueError: It is something else.
        """
        shape = saved["image_shape"]
        return cls(
            kind=saved["kind"],
            inputs=tuple(Input(**{**one, "shape": tuple(one["shape"])}) for one in saved["inputs"]),
            outputs=tuple(
                Output(**{**one, "classes": tuple(one["classes"])}) for one in saved["outputs"]
            ),
            columns=tuple(Column(**one) for one in saved["columns"]),
            others=tuple(saved["others"]),
            image_shape=None if shape is None else tuple(shape),
            model=saved["model"],
            # What an earlier version wrote has none.
            categories={name: tuple(all_) for name, all_ in saved.get("categories", {}).items()},
            largest=saved.get("largest"),
        )


def signature_of(
    shipped: keras.Model,
    dataset: Dataset,
    others: Sequence[str | None] = (),
    logits: bool = False,
    model: str | None = None,
) -> Signature:
    """Return the signature of a model that is shipped.

    Args:
        shipped: From raw inputs to outputs.
        dataset: What it was trained on, in the form that it takes.
        others: Columns of a table that are no inputs, or may be none.
        logits: It gives logits.
        model: The reference of a model of one's own.
    """
    kind = "images" if dataset.image_shape else "array"
    kind = "table" if isinstance(dataset.train.x, dict) else kind
    inputs = tuple(Input(one.name, one.dtype, tuple(one.shape[1:])) for one in shipped.inputs)
    columns = tuple(_columns(dataset, {one.name for one in inputs}))
    named = [dataset.target, *dataset.more_targets, *others]
    known = {"", *(column.source for column in columns)}
    return Signature(
        kind=kind,
        inputs=inputs,
        outputs=tuple(_outputs(dataset, logits)),
        columns=columns,
        others=tuple(name for name in dict.fromkeys(named) if name and name not in known),
        image_shape=dataset.image_shape,
        model=model,
        categories=dict(_categories(dataset, columns)),
        largest=_largest(dataset),
    )


def _largest(dataset: Dataset) -> float | None:
    x = dataset.train.x
    if isinstance(x, dict) or x.dtype.kind not in "biuf" or not x.size:
        return None
    return float(np.abs(sample(x)).max())


def _categories(
    dataset: Dataset, columns: Sequence[Column]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for column in columns:
        if column.kind == "category":
            values = tuple(sorted({*map(str, dataset.train.x[column.name].tolist())}))
            if len(values) <= MOST_CATEGORIES:
                yield column.name, values


def _columns(dataset: Dataset, inputs: Collection[str]) -> Iterator[Column]:
    """Yield what new examples may have: of a table, a model of one's own may leave some out."""
    x = dataset.train.x
    if not isinstance(x, dict):
        yield from (Column(name, "number", name) for name in dataset.feature_names)
        return
    for column in dataset.columns or columns_of(x):
        yield column if column.name in inputs else replace(column, kind="left out")


def _outputs(dataset: Dataset, logits: bool) -> Iterator[Output]:
    for name in dataset.form.outputs or ("",):
        more = dataset.more_targets.get(name)
        if more is None:
            yield Output(name, dataset.target, dataset.task, dataset.class_names, logits)
        else:
            yield Output(name, name, more.task, more.class_names, logits)


def write_signature(folder: Path, signature: Signature) -> None:
    """Write the file into a folder."""
    write_json(folder / FILE, signature.as_json())


def find_signature(runs: Path, name: str) -> tuple[Path, Signature]:
    """Return the folder of the model that a run has trained, and its signature.

    Raises:
        InputError: There is none, or it is damaged.
    """
    run = runs / name
    folder = run.resolve() / "train"
    if not (folder / "model.keras").is_file():
        raise InputError(
            f"there is no model in {run}: {train_command(run)} trains one"
            if (run / "config.json").exists()
            else f"there is no search in {run}: run python tune.py and python train.py first"
            + did_you_mean(name, (other.name for other in runs.glob("*")))
        )
    path = folder / FILE
    try:
        return folder, Signature.from_json(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise InputError(
            f"{run} was trained by an earlier version, which did not write {FILE}: train it again "
            f"with {train_command(run)}"
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path} is damaged ({type(error).__name__}: {error}): train it again with "
            f"{train_command(run)}"
        ) from error
