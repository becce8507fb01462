"""Data sets made by a script, so that nothing has to be fetched: images, tables, a regression."""

import dataclasses

import numpy as np
from sklearn.datasets import make_classification, make_friedman1

from data import Dataset, Split

PATTERNS = 10


def image_set(train: int = 1000, side: int = 28, seed: int = 0, noise: float = 3.0) -> Dataset:
    """Return noisy pictures of ten patterns; what a small network does with them is arithmetic."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(PATTERNS, side, side, 1))

    def draw(count: int) -> Split:
        y = rng.integers(PATTERNS, size=count).astype(np.int32)
        x = patterns[y] + rng.normal(scale=noise, size=(count, side, side, 1))
        return Split(x.astype(np.float32), y)

    return Dataset(
        name="patterns",
        task="classification",
        train=draw(train),
        validation=draw(train // 5),
        test=draw(train // 5),
        feature_names=(),
        class_names=tuple(str(index) for index in range(PATTERNS)),
        seed=seed,
    )


def small_images(seed: int) -> Dataset:
    """Return 1,000 small pictures to train on, and 2,000 to validate: a point is 20 of them.

    With fewer, what a score owes to the draw of the pictures is more than a point.
    """
    images = image_set(train=10_000, side=8, seed=seed, noise=1.5)
    return dataclasses.replace(images, train=images.train.take(np.arange(1000)))


def four_classes(seed: int, rows: int = 4000) -> Dataset:
    """Return rows of 20 columns in four classes, a few of them mislabelled."""
    x, y = make_classification(
        rows, 20, n_informative=10, n_classes=4, flip_y=0.05, random_state=seed
    )
    return _table("four_classes", x, y.astype(np.int32), 4, seed)


def noisy_classes(seed: int) -> Dataset:
    """Return 600 rows of 40 columns, most of them noise, with a fifth of the labels drawn anew."""
    x, y = make_classification(600, 40, n_informative=5, flip_y=0.2, random_state=seed)
    return _table("noisy_classes", x, y.astype(np.int32), 2, seed)


def friedman(seed: int) -> Dataset:
    """Return Friedman's regression: 2,000 rows of 10 columns, of which five matter."""
    x, y = make_friedman1(2000, 10, noise=1.0, random_state=seed)
    return _table("friedman", x, y.astype(np.float32), 0, seed)


def _table(name: str, x: np.ndarray, y: np.ndarray, classes: int, seed: int) -> Dataset:
    ends = round(0.64 * len(y)), round(0.8 * len(y))
    parts = zip(np.split(x.astype(np.float32), ends), np.split(y, ends), strict=True)
    train, validation, test = (Split(*part) for part in parts)
    return Dataset(
        name=name,
        task="classification" if classes else "regression",
        train=train,
        validation=validation,
        test=test,
        feature_names=tuple(f"column_{index}" for index in range(x.shape[1])),
        class_names=tuple(str(index) for index in range(classes)),
        seed=seed,
    )
