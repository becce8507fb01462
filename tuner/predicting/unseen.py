"""What new examples have that training examples never had, of which a model knows nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from data.large_arrays import sample
from tuner.predicting.new_examples import NAMED, NewExamples
from tuner.predicting.signature import Signature

# Numbers that differ by such a factor are scaled otherwise: pixels from 0 to 1, and to 255.
FAR = 20


def unseen_categories(examples: NewExamples, signature: Signature) -> Iterator[str]:
    """Yield a sentence for each column that has categories which no training example had."""
    sources = {column.name: column.source for column in signature.columns}
    for name, known in signature.categories.items():
        values = Counter(examples.inputs[name].tolist())
        unseen = sorted(values.keys() - {*known}, key=lambda value: (-values[value], value))
        if not unseen:
            continue
        meant = {_bare(category): category for category in known}
        told = ", ".join(_told(value, meant.get(_bare(value))) for value in unseen[:NAMED])
        more = f" and {len(unseen) - NAMED} more" if len(unseen) > NAMED else ""
        rows = sum(values[value] for value in unseen)
        yield (
            f'{rows} of {len(examples)} rows have a value of "{sources[name]}" that no training '
            f"example had, so the model knows nothing of it: {told}{more}"
        )


def other_scale(examples: NewExamples, signature: Signature) -> Iterator[str]:
    """Yield a sentence if the numbers of an array are scaled otherwise than those of training."""
    if signature.largest is None:
        return
    largest = max(float(np.abs(sample(values)).max()) for values in examples.inputs.values())
    if largest and not signature.largest / FAR <= largest <= signature.largest * FAR:
        yield (
            f"the largest number of the new examples is {largest:g}, in training it was "
            f"{signature.largest:g}: are they scaled alike?"
        )


def _told(value: str, meant: str | None) -> str:
    """Return a category for people, with the known one that it is likely to be."""
    if not value:
        return "missing"
    return f'"{value}"' + (f' (in training "{meant}")' if meant else "")


def _bare(category: str) -> str:
    """Return a category without what programs change: case, blanks, the zeros of a code."""
    code = "".join(category.casefold().split()).removesuffix(".0")
    return code.lstrip("0") or code[-1:]
