"""The sets that scikit-learn brings along: nothing is downloaded."""

from typing import Any

import numpy as np

from data.sources.examples import Examples
from data.split import Split


def digits() -> Examples:
    """1,797 handwritten digits of 8 x 8 pixels with values from 0 to 16."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images[..., np.newaxis].astype(np.float32)
    return Examples(
        name="digits", splits={"train": Split(images, digits.target)}, task="classification"
    )


def breast_cancer() -> Examples:
    """569 tumours with 30 measurements each, malignant or benign."""
    from sklearn.datasets import load_breast_cancer

    return _table("breast_cancer", "classification", load_breast_cancer())


def wine() -> Examples:
    """178 wines of 3 growers with 13 measurements each."""
    from sklearn.datasets import load_wine

    return _table("wine", "classification", load_wine())


def diabetes() -> Examples:
    """442 patients with 10 measurements each, and how far their disease went on (25 to 346)."""
    from sklearn.datasets import load_diabetes

    return _table("diabetes", "regression", load_diabetes(scaled=False))


def _table(name: str, task: str, bunch: Any) -> Examples:
    return Examples(
        name=name,
        splits={"train": Split(bunch.data.astype(np.float32), bunch.target)},
        feature_names=tuple(map(str, bunch.feature_names)),
        class_names=tuple(map(str, bunch.get("target_names", ()))),
        task=task,
    )
