"""A set of images on which a small convolutional network is bound by arithmetic."""

import numpy as np

from data.dataset import Dataset, Split

CLASSES = 10


def image_set(train: int = 1000, side: int = 28, seed: int = 0, noise: float = 3.0) -> Dataset:
    """Return noisy pictures of ten patterns, made here so that nothing has to be fetched."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(CLASSES, side, side, 1))

    def draw(count: int) -> Split:
        y = rng.integers(CLASSES, size=count).astype(np.int32)
        x = patterns[y] + rng.normal(scale=noise, size=(count, side, side, 1))
        return Split(x.astype(np.float32), y)

    return Dataset(
        name="patterns",
        task="classification",
        train=draw(train),
        validation=draw(train // 5),
        test=draw(train // 5),
        feature_names=(),
        class_names=tuple(str(index) for index in range(CLASSES)),
        seed=seed,
    )
