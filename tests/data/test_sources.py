"""Which dataset a name or a path means."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError


@pytest.mark.parametrize(
    ("name", "task", "shape", "classes"),
    [
        ("digits", "classification", (8, 8, 1), 10),
        ("breast_cancer", "classification", (30,), 2),
        ("wine", "classification", (13,), 3),
        ("diabetes", "regression", (10,), 0),
    ],
)
def test_embedded_sets(name: str, task: str, shape: tuple[int, ...], classes: int) -> None:
    dataset = load_dataset(name)

    assert (dataset.task, dataset.num_classes) == (task, classes)
    assert isinstance(dataset.train.x, np.ndarray)
    assert dataset.train.x.shape[1:] == shape
    assert len(dataset.feature_names) == (0 if name == "digits" else shape[0])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digit", r'digits, breast_cancer, .* received "digit"\. Did you mean "digits"\?'),
        ("no/where", '"no/where" does not exist'),
        ("there.csv", r'"there\.csv" does not exist\.$'),
    ],
)
def test_unknown_names_and_missing_files_are_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(name)


def test_a_missing_file_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "people.csv").touch()

    with pytest.raises(InputError, match=r'does not exist\. Did you mean "people\.csv"'):
        load_dataset(str(tmp_path / "poeple.csv"))


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "people.xlsx").touch()

    with pytest.raises(
        InputError, match=r"a table .*, an \.npz or a folder of images, received the file"
    ):
        load_dataset(str(tmp_path / "people.xlsx"))


def test_a_target_is_for_csv_only() -> None:
    with pytest.raises(InputError, match="--target names a column of a table"):
        load_dataset("digits", target="y")


def test_keras_sets_keep_their_test_split(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    x, y = np.zeros((100, 28, 28), np.uint8), np.arange(100)[:, np.newaxis] % 10
    monkeypatch.setattr(
        keras.datasets, "mnist", SimpleNamespace(load_data=lambda: ((x, y), (x[:20] + 1, y[:20])))
    )
    dataset = load_dataset("mnist")

    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [85, 15, 20]
    assert isinstance(dataset.test.x, np.ndarray)
    assert dataset.test.x.shape == (20, 28, 28, 1)
    assert dataset.test.x.all()


def test_a_failed_download_is_one_line_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    def fail() -> None:
        raise Exception("URL fetch failure:\n no network")

    monkeypatch.setattr(keras.datasets, "cifar10", SimpleNamespace(load_data=fail))

    with pytest.raises(InputError, match=r'download "cifar10".*\(URL fetch failure:  no network\)'):
        load_dataset("cifar10")
