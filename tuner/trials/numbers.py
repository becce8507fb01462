"""The logs of an epoch as numbers, each with a name."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tuner.trials.trial import Metrics


def numbers(logs: Mapping[str, Any]) -> Metrics:
    """Return metrics as floats; one of several values, such as ``f1_score``, value by value.

    They are then named ``f1_score_0``, ``f1_score_1``, …, those of a matrix ``name_0_0``, ….
    """
    return {
        "_".join([name, *map(str, index)]): float(values[index])
        for name, values in ((name, np.asarray(log)) for name, log in logs.items())
        for index in np.ndindex(values.shape)
    }
