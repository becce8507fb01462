"""Images of a folder, read and resized once."""

import pickle
import shutil
from collections import namedtuple
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from data import Dataset, large_arrays, load_dataset, rows_in_pipeline
from data.form import Form


def batches(dataset: Dataset, split: str, seed: int | None = None) -> list[list[np.ndarray]]:
    return [[part.numpy() for part in batch] for batch in dataset.stream(split, 3, seed)]


def same(one: list[list[np.ndarray]], other: list[list[np.ndarray]]) -> bool:
    pairs = zip(chain.from_iterable(one), chain.from_iterable(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("raw", [False, True])
def test_they_are_those_that_would_be_read_in_each_epoch(
    image_folder: Path, monkeypatch: pytest.MonkeyPatch, large: bool, raw: bool
) -> None:
    if large:
        monkeypatch.setattr(large_arrays, "SHARE", 0.0)
        monkeypatch.setattr(rows_in_pipeline, "LARGE", 0)
    read = load_dataset(str(image_folder))
    read = read if not raw else pickle.loads(pickle.dumps(read))
    object.__setattr__(read, "form", Form(raw=raw))
    once = read.with_pixels()
    assert once.pixels is not None
    assert once.fingerprint == read.fingerprint
    assert same(batches(read, "train", 1), batches(once, "train", 1))
    assert same(batches(read, "test"), batches(once, "test"))
    np.testing.assert_array_equal(
        read.preprocessed("validation").x, once.preprocessed("validation").x
    )
    assert same(batches(read.fold(1, 3), "validation"), batches(once.fold(1, 3), "validation"))
    sent = pickle.loads(pickle.dumps(once))
    assert same(batches(once, "test"), batches(sent, "test"))


def test_their_files_are_read_no_more(image_folder: Path) -> None:
    dataset = load_dataset(str(image_folder)).with_pixels()
    before = batches(dataset, "test")
    shutil.rmtree(image_folder)
    assert same(before, batches(dataset, "test"))


def test_they_stay_where_they_are_if_the_disk_has_no_room(
    image_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1000, 1000, 100))
    dataset = load_dataset(str(image_folder)).with_pixels()
    assert dataset.pixels is None
    assert len(batches(dataset, "test")) > 0


def test_what_has_no_files_of_images_has_no_pixels() -> None:
    dataset = load_dataset("digits")
    assert dataset.with_pixels() is dataset
