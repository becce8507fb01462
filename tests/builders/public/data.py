"""Small data of the shapes that the builders here expect, each with something to learn in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd


def make_data(builder: str, folder: Path) -> Path:
    """Write the data for `builder`, such as "01_beginners_tutorial", and return the file.

    An `.npz` with `x` and `y`, or a `.csv` with the target last; always the same content.
    """
    rng = np.random.default_rng(0)
    make = DATA[builder]
    if make is customers:
        path = folder / "customers.csv"
        customers(rng).to_csv(path, index=False)
    else:
        path = folder / f"{builder}.npz"
        x, y = make(rng)
        np.savez(path, x=x, y=y)
    return path


Arrays = tuple[np.ndarray, np.ndarray]


def images(rng: np.random.Generator, shape: tuple[int, ...], classes: int) -> Arrays:
    """Images of 0 to 1: noise around a picture for each class; y is the class, (120,) int64."""
    pictures = rng.random((classes, *shape))
    y = rng.integers(classes, size=120)
    x = 0.7 * pictures[y] + 0.3 * rng.random((len(y), *shape))
    return x.astype("float32"), y


def bright_images(rng: np.random.Generator) -> Arrays:
    """The same as bytes of 0 to 255, (120, 32, 32, 3), 3 classes."""
    x, y = images(rng, (32, 32, 3), 3)
    return (255 * x).astype("uint8"), y


def windows(rng: np.random.Generator) -> Arrays:
    """12 values of a noisy wave, (200, 12, 1), and the value after them."""
    wave = np.sin(np.arange(212) / 4) + 0.1 * rng.normal(size=212)
    x = np.lib.stride_tricks.sliding_window_view(wave[:-1], 12)[:200]
    return x[..., np.newaxis].astype("float32"), wave[12:].astype("float32")


def sentences(rng: np.random.Generator) -> Arrays:
    """Word numbers of 1 to 199, padded with 0, (200, 20); 1 where high numbers are many."""
    x = rng.integers(1, 200, size=(200, 20), dtype="int32")
    x[np.arange(20) >= rng.integers(5, 21, size=200)[:, np.newaxis]] = 0
    return x, (np.ma.masked_equal(x, 0).mean(axis=1) > 100).filled().astype("int64")


def own_targets(rng: np.random.Generator) -> Arrays:
    """Rows (200, 20) that three numbers explain, as inputs and as targets."""
    x = (rng.normal(size=(200, 3)) @ rng.normal(size=(3, 20))).astype("float32")
    return x, x


def numbers(rng: np.random.Generator, features: int) -> Arrays:
    """Rows (200, features), and a number that is linear in them but for noise."""
    x = rng.normal(size=(200, features))
    y = x @ rng.normal(size=features) / features + 0.1 * rng.normal(size=len(x))
    return x.astype("float32"), y.astype("float32")


def customers(rng: np.random.Generator) -> pd.DataFrame:
    """200 customers with 8 numbers each, and whether they left, as 0 or 1."""
    x, y = numbers(rng, 8)
    table = pd.DataFrame(x.round(3), columns=[f"usage_{i}" for i in range(8)])
    return table.assign(churn=(y > 0).astype(int))


DATA: dict[str, Callable] = {
    "01_beginners_tutorial": lambda rng: images(rng, (28, 28), 10),
    "02_convolutions": lambda rng: images(rng, (28, 28, 1), 10),
    "03_forecast": windows,
    "04_sentiment": sentences,
    "05_transfer": bright_images,
    "06_autoencoder": own_targets,
    "07_arguments": lambda rng: numbers(rng, 13),
    "08_ready_made": lambda rng: images(rng, (16, 16, 3), 4),
    "09_script": customers,
    "10_own_loss": lambda rng: numbers(rng, 20),
}
