"""What every dataset has to fulfil, whichever source it comes from."""

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples

FEWEST_EXAMPLES = 10


def check_inputs(examples: Examples) -> None:
    """Refuse inputs that no model can learn from.

    Arrays hold finite numbers. In a table numbers may be missing (NaN), but are not infinite.

    Raises:
        InputError: There are too few examples, or a number is not finite.
    """
    count = sum(len(split) for split in examples.splits.values())
    if count < FEWEST_EXAMPLES:
        raise InputError(
            f"Expected at least {FEWEST_EXAMPLES} examples to learn from, received {count} in "
            f"{examples.name}: add examples."
        )
    for split_name, split in examples.splits.items():
        table = isinstance(split.x, dict)
        columns = split.x if isinstance(split.x, dict) else {"x": split.x}
        for name, values in columns.items():
            if values.dtype.kind != "f":
                continue
            refused = np.isinf(values) if table else ~np.isfinite(values)
            if refused.any():
                raise InputError(
                    f"Expected finite numbers that fit in 32 bits in {name} ({split_name}), "
                    f"received {refused.sum()} that are infinite or NaN: remove or replace them."
                )
