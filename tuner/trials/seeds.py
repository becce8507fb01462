"""Every random number of a search derives from one seed."""

import numpy as np

# Separate streams: drawing more from one never shifts another. The numbers are part of what a seed
# means, so a purpose keeps its number for ever.
PURPOSES = {"suggest": 0, "weights": 1, "shuffle": 2, "retrain": 3, "range_test": 4, "ensemble": 5}


def seed_sequence(
    seed: int, trial: int, purpose: str, fold: int | None = None
) -> np.random.SeedSequence:
    """Return the stream of random numbers for one purpose of one trial, or of a fold of it.

    The seed of the search is 0 or larger, and 0 is a seed like any other.

    Raises:
        KeyError: The purpose is unknown.
    """
    part = () if fold is None else (fold,)
    return np.random.SeedSequence([seed, trial, PURPOSES[purpose]], spawn_key=part)


def generator(seed: int, trial: int, purpose: str) -> np.random.Generator:
    """Return a NumPy generator on the stream of `seed_sequence`."""
    return np.random.default_rng(seed_sequence(seed, trial, purpose))


def integer_seed(seed: int, trial: int, purpose: str, fold: int | None = None) -> int:
    """Return a seed below 2**31, for libraries that take an integer."""
    return int(seed_sequence(seed, trial, purpose, fold).generate_state(1)[0] >> 1)
