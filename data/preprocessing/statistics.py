"""Mean and spread of training data."""

import numpy as np


def mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over all axes but the last, float64.

    Missing values do not count. A constant column has deviation 1: it stays constant, and does not
    blow up where later data differ from it.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import gen_batches

    scaler = StandardScaler()
    with np.errstate(invalid="ignore"):  # an empty column has no mean: NaN
        for batch in gen_batches(len(values), 1024):  # in batches, to save memory
            scaler.partial_fit(values[batch].reshape(-1, values.shape[-1]))
    return np.nan_to_num(scaler.mean_, nan=0.0), np.nan_to_num(scaler.scale_, nan=1.0)
