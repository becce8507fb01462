"""What is said where a class, or all examples, are too few to divide."""

from collections.abc import Sequence

import numpy as np

from data.errors import InputError


def too_few(
    needed: int, counts: np.ndarray, class_names: Sequence[str], why: str
) -> InputError | None:
    """Return what to raise where a class has fewer examples than needed; None where none has.

    Args:
        needed: So many, `why` says what for.
        counts: How many examples each class has; of a regression, how many there are.
        class_names: Of the classes; empty for a regression.
        why: For people.
    """
    if counts.min() >= needed:
        return None
    received = f"{why}, received {counts.min()}"
    if not class_names:
        return InputError(f"Expected at least {needed} examples, {received}: add examples.")
    advice = (
        "add examples, or give --rare-classes merge (such classes become one) or --rare-classes "
        "leave-out (without their examples)"
    )
    if all(name.removeprefix("-").isdecimal() for name in class_names):
        advice += "; if the numbers are a count or an amount, give --task regression"
    return InputError(
        f'Expected at least {needed} examples of class "{class_names[int(counts.argmin())]}", '
        f"{received}: {advice}."
    )
