"""The sets that Keras downloads once, to `~/.keras/datasets`. They have their own test split."""

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split

# The task of each; the names are modules of `keras.datasets`.
NAMES = {
    "mnist": "classification",
    "fashion_mnist": "classification",
    "cifar10": "classification",
    "cifar100": "classification",
    "california_housing": "regression",
}


def download(name: str) -> Examples:
    """Return a dataset of Keras, downloaded unless it was before.

    Raises:
        InputError: The download failed.
    """
    import keras

    try:
        train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise InputError(
            f'Expected to download "{name}", but that failed ({error}): connect to the network, '
            "copy the file to ~/.keras/datasets, or use an embedded dataset such as digits."
        ) from error
    return Examples(
        name=name, splits={"train": _split(*train), "test": _split(*test)}, task=NAMES[name]
    )


def _split(x: np.ndarray, y: np.ndarray) -> Split:
    grey = x.ndim == 3
    return Split(x[..., np.newaxis] if grey else x, y.ravel())
