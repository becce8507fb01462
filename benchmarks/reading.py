"""What it takes to read large data: python -m benchmarks.reading

A table of a million rows and an array of images (0.7 GB) until they are divided; then the images of
a folder, streamed for one epoch as they are read from their files, and as they are once they have
been read and resized. Two minutes on two cores, and 1.3 GB in the folder of temporary files.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image
from rich.progress import track

from data import Dataset, load_dataset
from tuner.starting.process_settings import ProcessSettings, start_tensorflow

Result = TypeVar("Result")

SIDE = 640
CLASSES = 3


def made_table(path: Path, rows: int) -> Path:
    """Write 28 numbers, two categories and a target of two classes in each row."""
    rng = np.random.default_rng(0)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"number_{i}" for i in range(28)), "region", "kind", "label"])
        for _ in track(range(rows), "making a table", transient=True):
            numbers = [f"{number:.5g}" for number in rng.normal(size=28)]
            region, kind, label = rng.integers((12, 12, 2))
            writer.writerow([*numbers, f"r{region}", f"k{kind}", ("no", "yes")[label]])
    return path


def made_array(path: Path, examples: int) -> Path:
    """Write colour images of 64 x 64 pixels as `numpy.savez` does."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (examples, 64, 64, 3), np.uint8)
    np.savez(path, x=x, y=rng.integers(0, 5, examples))
    return path


def made_folder(path: Path, images: int) -> Path:
    """Write JPEGs of `SIDE` x `SIDE` pixels, smooth as photos are, in a folder for each class."""
    rng = np.random.default_rng(0)
    for number in track(range(images), "making images", transient=True):
        folder = path / f"class-{number % CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (20, 20, 3), np.uint8))
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
    return path


def timed(what: str, work: Callable[[], Result]) -> Result:
    """Print what some work takes, and return what comes of it."""
    began = time.perf_counter()
    result = work()
    print(f"{what:<40} {time.perf_counter() - began:6.1f} s", flush=True)
    return result


def epoch(dataset: Dataset) -> None:
    """Stream the training data once."""
    for _ in dataset.stream("train", 32, shuffle_seed=0):
        pass


def main() -> None:
    """Print what each kind of data takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--array", type=int, default=60_000, help="images in the array")
    parser.add_argument("--images", type=int, default=2_100, help="images in the folder")
    given = parser.parse_args()
    start_tensorflow(ProcessSettings())
    load_dataset("wine")  # Imports what reading needs.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = made_table(folder / "table.csv", given.rows)
        timed(f"table, {given.rows:,} rows", lambda: load_dataset(str(table)))
        array = made_array(folder / "array.npz", given.array)
        timed(f"array, {given.array:,} images", lambda: load_dataset(str(array)))
        read = load_dataset(str(made_folder(folder / "images", given.images)))
        once = timed(f"folder, {given.images:,} images resized once", read.with_pixels)
        for _ in range(2):  # A first epoch traces a graph.
            timed("an epoch of them, from their files", lambda: epoch(read))
            timed("an epoch of them, resized", lambda: epoch(once))


if __name__ == "__main__":
    main()
