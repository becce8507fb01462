"""Where the values of training data lie, and how far they spread."""

import numpy as np

from data.large_arrays import sample


def mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over all axes but the last, float64, of a large sample.

    Missing values do not count. A constant column has deviation 1: it stays constant, and does not
    blow up where later data differ from it.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import gen_batches

    scaler, values = StandardScaler(), sample(values)
    with np.errstate(invalid="ignore"):  # an empty column has no mean: NaN
        for batch in gen_batches(len(values), 1024):  # in batches, to save memory
            scaler.partial_fit(values[batch].reshape(-1, values.shape[-1]))
    return np.nan_to_num(scaler.mean_, nan=0.0), np.nan_to_num(scaler.scale_, nan=1.0)


def median_and_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the median of each column of `(n, columns)`, and what to divide by, float64.

    That is the distance of the quartiles, or half of the range where they are equal, or 1 for a
    constant column. Missing values do not count. Unlike mean and deviation, these do not follow a
    few large numbers. Source: Holzmueller et al., Better by Default (NeurIPS 2024), appendix A.
    """
    median, spread = np.zeros(values.shape[1]), np.ones(values.shape[1])
    for i, column in enumerate(values.T):  # One by one, to save memory.
        known = column[~np.isnan(column)].astype(np.float64)
        if not len(known):
            continue
        low, median[i], high = np.percentile(known, [25, 50, 75])
        spread[i] = (high - low) or np.ptp(known) / 2 or 1.0
    return median, spread
