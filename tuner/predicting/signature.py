"""``signature.json``: what a saved model takes and what its outputs mean, without its data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.columns import Column
from data.errors import InputError, did_you_mean
from tuner.command_line.commands import train_command
from tuner.storage.files import write_json

if TYPE_CHECKING:
    import keras

    from data import Dataset

FILE = "signature.json"


@dataclass(frozen=True)
class Input:
    """An input of a model; where it takes a column of a table, the last three say which.

    Attributes:
        name: As the model calls it.
        dtype: Of the tensor.
        shape: That of one example; None for any size.
        kind: What the column was taken for; empty for what is no column.
        source: Its name in the file.
        format: How the file writes its cells, where that is not plain.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    kind: str = ""
    source: str = ""
    format: Mapping[str, Any] = field(default_factory=dict)

    @property
    def column(self) -> Column:
        """The column of a table that it takes."""
        return Column(self.name, self.kind, self.source, self.format)


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
        features: The names of the columns of an array, as far as it has any.
        others: Columns of a table that new files may have, too: the target, those left out, …
        header: Whether the first line of a table names its columns.
        image_shape: (height, width, channels) that the model makes of images of any size.
        model: The reference of a model of one's own, whose code may be needed to load it.
    """

    kind: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    features: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    header: bool = True
    image_shape: tuple[int, int, int] | None = None
    model: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the file holds: the first output's meaning is also beside all of them."""
        first = self.outputs[0]
        told = {"task": first.task, "classes": first.classes, "target": first.target or None}
        content = asdict(self)
        inputs = [
            one if one["kind"] else {key: one[key] for key in ("name", "dtype", "shape")}
            for one in content.pop("inputs")
        ]
        return {"inputs": inputs, **told, **content}

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
            features=tuple(saved["features"]),
            others=tuple(saved["others"]),
            header=saved["header"],
            image_shape=None if shape is None else tuple(shape),
            model=saved["model"],
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
    inputs = tuple(_inputs(shipped, dataset, kind == "table"))
    left_out = (column.source for column in dataset.columns if not column.is_input)
    taken = {one.source for one in inputs}
    named = [dataset.target, *dataset.more_targets, *left_out, *others]
    return Signature(
        kind=kind,
        inputs=inputs,
        outputs=tuple(_outputs(dataset, logits)),
        features=() if kind == "table" else dataset.feature_names,
        others=tuple(dict.fromkeys(name for name in named if name and name not in taken)),
        header=dataset.header,
        image_shape=dataset.image_shape,
        model=model,
    )


def _inputs(shipped: keras.Model, dataset: Dataset, table: bool) -> Iterator[Input]:
    known = {column.name: column for column in dataset.columns}
    for one in shipped.inputs:
        tensor = (one.name, one.dtype, tuple(one.shape[1:]))
        if not table:
            yield Input(*tensor)
        elif (column := known.get(one.name)) is not None:
            yield Input(*tensor, column.kind, column.source or column.name, column.format)
        else:  # A source of one's own that does not tell.
            kind = "category" if one.dtype == "string" else "number"
            yield Input(*tensor, kind, one.name)


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
