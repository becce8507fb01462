"""The dataset as its consumers see it."""

import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import data.dataset
from data import Dataset, Split, load_dataset

Write = Callable[..., str]
ROOT = Path(__file__).parents[2]


def test_nothing_heavy_is_imported_to_load_and_to_send_a_dataset() -> None:
    code = """
import sys, data
assert not {"tensorflow", "keras", "sklearn", "pandas"} & set(sys.modules)
import pickle
dataset = pickle.loads(pickle.dumps(data.load_dataset("digits")))
assert len(dataset.train) == 1257
assert not {"tensorflow", "keras"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_pickles_leave_out_what_is_cached() -> None:
    dataset = load_dataset("wine")
    before = len(pickle.dumps(dataset))
    expected = dataset.preprocessed("test").x
    sent = pickle.dumps(dataset)

    assert len(sent) == before
    np.testing.assert_array_equal(pickle.loads(sent).preprocessed("test").x, expected)


def test_fingerprint_is_the_same_everywhere(write_npz: Write) -> None:
    path = write_npz(x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)

    assert load_dataset(path).fingerprint == "3ee8001fd6baa04259e6a134491516ab"


def test_fingerprint_tells_datasets_apart(write_npz: Write) -> None:
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    arrays = {
        "as it is": (x, y),
        "another number": (np.where(x == 3, 4, x), y),
        "another target": (x, np.where(np.arange(20) == 3, 0, y)),
        "another order": (x[::-1], y[::-1]),
        "other classes": (x, y + 1),
        "other columns": (x[:, :1], y),
    }
    fingerprints = {
        name: load_dataset(write_npz(x=x, y=y)).fingerprint for name, (x, y) in arrays.items()
    }
    path = write_npz(x=x, y=y)
    fingerprints["another seed"] = load_dataset(path, seed=1).fingerprint
    fingerprints["another task"] = load_dataset(path, task="regression").fingerprint

    assert len(set(fingerprints.values())) == len(fingerprints)


def test_fingerprint_of_a_table_knows_texts_and_names(write_csv: Write) -> None:
    lines = [f"{'ab'[i % 2]},{i % 2}" for i in range(20)]
    fingerprints = {
        load_dataset(write_csv("a,y", *lines)).fingerprint,
        load_dataset(write_csv("b,y", *lines)).fingerprint,
        load_dataset(write_csv("a,y", "c,0", *lines[1:])).fingerprint,
        load_dataset(write_csv("a,y", *lines), target="a").fingerprint,
    }

    assert len(fingerprints) == 4


def test_fingerprint_of_a_folder_knows_the_content_not_the_place(image_folder: Path) -> None:
    before = load_dataset(str(image_folder)).fingerprint
    moved = image_folder.rename(image_folder.parent / "moved")
    assert load_dataset(str(moved)).fingerprint == before

    first, second = (moved / "dark" / f"{i}.png" for i in (1, 2))
    first.write_bytes(second.read_bytes())
    assert load_dataset(str(moved)).fingerprint != before


@pytest.fixture
def dataset(request: pytest.FixtureRequest) -> Dataset:
    """A dataset by name, or by the fixture that writes it."""
    name = request.param
    if name in ("people_csv", "image_folder"):
        name = str(request.getfixturevalue(name))
    return load_dataset(name)


every_kind = pytest.mark.parametrize(
    "dataset", ["digits", "diabetes", "people_csv", "image_folder"], indirect=True
)


@every_kind
def test_streams_and_arrays_hold_the_same(dataset: Dataset) -> None:
    arrays = dataset.preprocessed("validation")
    batches = list(dataset.stream("validation", batch_size=4))

    assert arrays.x.dtype == np.float32
    assert arrays.x.shape == (len(dataset.validation), *dataset.input_shape)
    assert {len(y) for _, y in batches[:-1]} <= {4}
    np.testing.assert_allclose(np.concatenate([x for x, _ in batches]), arrays.x, atol=1e-6)
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), arrays.y)
    assert dataset.preprocessed("validation") is arrays


@every_kind
def test_streams_shuffle_by_their_seed_and_anew_each_epoch(dataset: Dataset) -> None:
    def epochs(seed: int) -> list[bytes]:
        stream = dataset.stream("train", batch_size=8, shuffle_seed=seed)
        return [b"".join(x.numpy().tobytes() for x, _ in stream) for _ in range(2)]

    first = epochs(seed=0)

    assert epochs(seed=0) == first
    assert first[0] != first[1]
    assert epochs(seed=1) != first


def test_data_beyond_the_limit_are_not_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load_dataset("wine")
    assert dataset.in_memory

    monkeypatch.setattr(data.dataset, "IN_MEMORY_BYTES", 178 * 13 * 4 - 1)
    assert not dataset.in_memory


def test_weights_are_part_of_the_fingerprint_where_there_are_some(write_npz: Write) -> None:
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    prints = {load_dataset(write_npz(x=x, y=y, weights=w)).fingerprint for w in (y + 1, y + 2)}
    assert len(prints | {load_dataset(write_npz(x=x, y=y)).fingerprint}) == 3


def test_weights_stay_with_their_examples(write_npz: Write) -> None:
    x, y = np.arange(200.0).reshape(100, 2), np.arange(100) % 2
    dataset = load_dataset(write_npz(x=x, y=y, weights=x[:, 0] + 1))
    folded = dataset.fold(1, 4)
    for split in (dataset.train, folded.train, dataset.with_validation_in_training().train):
        np.testing.assert_array_equal(split.weights, split.x[:, 0] + 1)
    for some in (dataset, folded):
        streamed = np.concatenate([w for _, _, w in some.stream("validation", 8)])
        np.testing.assert_array_equal(streamed, some.preprocessed("validation").weights)


def test_where_one_part_has_weights_those_of_the_other_are_one() -> None:
    bare = Split(np.zeros((2, 1)), np.zeros(2))
    weighted = dataclasses.replace(bare, weights=np.float32([3, 4]))
    assert bare.join(weighted).weights.tolist() == [1, 1, 3, 4]
    assert weighted.join(bare).weights.tolist() == [3, 4, 1, 1]
    assert bare.join(bare).weights is None


def test_balanced_classes_weigh_alike_in_each_training_part(write_npz: Write) -> None:
    y = (np.arange(200) % 10 == 0).astype(int)
    path = write_npz(x=np.arange(400.0).reshape(200, 2), y=y, weights=2 * np.ones(200))
    dataset = dataclasses.replace(load_dataset(path), class_weight="balanced")
    for some in (dataset, dataset.fold(0, 3), dataset.with_validation_in_training()):
        train, weights = some.train, some.preprocessed("train").weights
        for index in (0, 1):
            share = 2 * len(train) / (2 * (train.y == index).sum())
            np.testing.assert_allclose(weights[train.y == index], share, rtol=1e-6)
        assert set(some.preprocessed("validation").weights) == {2}
        _, _, streamed = next(iter(some.stream("train", 200)))
        np.testing.assert_array_equal(streamed, weights)
