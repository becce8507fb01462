"""The CSV that answers: a row an example, with names for what the model's numbers mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, softmax

from data.errors import InputError
from data.predicted import predicted_classes
from tuner.predicting.new_examples import NAMED
from tuner.predicting.signature import Output, Signature
from tuner.storage.files import write_atomically


def answer(outputs: Any, signature: Signature, files: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the table of predictions.

    - Classes: `prediction`, the name of a class, and `probability_CLASS` for each.
    - Labels: `prediction`, the names of those that are likelier than not with ";" between them,
      and `probability_LABEL` for each.
    - Numbers: `prediction`; of several values `prediction_0` and so on.

    Where the model gives NaN, the prediction is empty.

    With several outputs, the name of each stands before that of the class: `prediction_NAME`,
    `probability_NAME_CLASS`. For images, the first column is `file`.

    Args:
        outputs: What the model says: an array `(n, ...)`, or several in a dict or list.
        signature: What they mean.
        files: The names of images.

    Raises:
        InputError: An output is of a shape that is neither of these.
    """
    table = {"file": list(files)} if files else {}
    if isinstance(outputs, dict):
        outputs = [outputs[output.name] for output in signature.outputs]
    elif not isinstance(outputs, list | tuple):
        outputs = [outputs]
    for output, values in zip(signature.outputs, outputs, strict=True):
        table |= _columns(np.asarray(values), output)
    return pd.DataFrame(table)


def _columns(values: np.ndarray, output: Output) -> dict[str, Any]:
    name = f"_{output.name}" if output.name else ""
    rows = values.reshape(len(values), -1)
    if not output.classes:
        many = rows.shape[1] > 1
        return {f"prediction{name}{f'_{i}' * many}": rows[:, i] for i in range(rows.shape[1])}
    if output.task == "classification":
        probabilities = _of_classes(rows, output)
        numbers = predicted_classes(probabilities)
        predicted = np.array(output.classes, object)[numbers]
    else:
        probabilities = expit(rows) if output.logits else rows
        _require_columns(probabilities, output)
        named = np.array(output.classes, object)
        predicted = np.array([";".join(named[row > 0.5]) for row in probabilities], object)
    predicted[np.isnan(probabilities).any(axis=1)] = None
    told = dict(zip(output.classes, probabilities.T, strict=True))
    return {f"prediction{name}": predicted} | {
        f"probability{name}_{label}": column for label, column in told.items()
    }


def _of_classes(rows: np.ndarray, output: Output) -> np.ndarray:
    """Return the probability of each class; one column is about the second of two."""
    if rows.shape[1] == 1 and len(output.classes) == 2:
        second = expit(rows) if output.logits else rows
        return np.hstack([1 - second, second])
    _require_columns(rows, output)
    return softmax(rows, axis=1) if output.logits else rows


def _require_columns(rows: np.ndarray, output: Output) -> None:
    if rows.shape[1] != len(output.classes):
        raise InputError(
            f"Expected an output for each of {len(output.classes)} classes from the model, "
            f"received {rows.shape[1]} numbers an example: what they mean only your code knows, "
            "so call model.predict."
        )


def without_answer(table: pd.DataFrame) -> str | None:
    """Return a sentence on the rows whose predictions are empty; None if there are none."""
    rows = np.flatnonzero(table.isna().any(axis=1)) + 1
    if not len(rows):
        return None
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return (
        f"for {len(rows)} of {len(table)} examples the model gives no number (NaN), so predictions "
        "are empty there; do they miss a number that no training example misses? Row "
        f"{', '.join(map(str, rows[:NAMED]))}{more}"
    )


def check_output(output: Path, new: Iterable[Path]) -> None:
    """Refuse a place for the answer before anything is computed.

    Raises:
        InputError: It is a folder, is in none that can be written, or is one of the new examples.
    """
    if output.is_dir():
        raise InputError(f"--output {output} is a folder: give the name of a file in it")
    if not os.access(output.parent, os.W_OK):
        state = "cannot be written" if output.parent.exists() else "does not exist"
        raise InputError(f"--output {output}: the folder {output.parent} {state}")
    if output.exists() and any(path.exists() and path.samefile(output) for path in new):
        raise InputError(f"--output {output} would replace the new examples: give another name")


def write_answer(table: pd.DataFrame, output: Path | None) -> None:
    """Write the CSV in UTF-8 to standard output, or into a file in one step.

    Raises:
        InputError: It cannot be written; a file is then as it was.
    """
    text = table.to_csv(index=False, lineterminator="\n")
    try:
        if output is None:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.flush()
        elif output.exists() and not output.is_file():  # A pipe or a device cannot be replaced.
            output.write_text(text, "utf-8", newline="")
        else:
            write_atomically(output.resolve(), text)
    except BrokenPipeError:
        raise
    except OSError as error:
        if output is None:  # Else Python tries again when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        place = output or "standard output"
        raise InputError(f"cannot write to {place}: {error.strerror}; nothing is kept") from error
