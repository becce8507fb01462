"""A folder of images with train, val and test, from the command line, against scikit-learn."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from tests.conftest import run_program

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def digits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits of scikit-learn as PNGs: 1077 in train, 360 in val, 360 in test."""
    digits, folder = load_digits(), tmp_path_factory.mktemp("digits")
    rest, test = train_test_split(
        np.arange(1797), test_size=360, random_state=0, stratify=digits.target
    )
    train, val = train_test_split(rest, test_size=360, random_state=0, stratify=digits.target[rest])
    for split, rows in (("train", train), ("val", val), ("test", test)):
        for row in rows:
            place = folder / split / str(digits.target[row])
            place.mkdir(parents=True, exist_ok=True)
            pixels = (digits.images[row] * 15.9).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{row}.png")
    return folder


def support_vectors(folder: Path) -> float:
    """Return the accuracy of scikit-learn on the test images, learned from those of train."""

    def read(split: str) -> tuple[np.ndarray, list[str]]:
        paths = sorted((folder / split).glob("*/*.png"))
        pixels = np.stack([np.asarray(Image.open(path)).ravel() for path in paths])
        return pixels / 255, [path.parent.name for path in paths]

    return SVC().fit(*read("train")).score(*read("test"))


def test_a_search_on_folders_of_splits_is_as_good_as_scikit_learn(
    digits_folder: Path, tmp_path: Path
) -> None:
    place = ("--run", "a", "--runs-dir", str(tmp_path))
    tuned = run_program(
        *("tune.py", *place, "--dataset", str(digits_folder), "--model", "cnn"),
        *("--max-trials", "2", "--max-epochs", "20", "--executor", "serial"),
        seconds=300,
    )
    assert tuned.returncode == 0, tuned.stderr
    assert "1797 images of 10 classes used" in tuned.stdout
    assert "1077 in train, 360 in val, 360 in test" in tuned.stdout
    trained = run_program("train.py", *place, seconds=200)
    assert trained.returncode == 0, trained.stderr

    metrics = json.loads((tmp_path / "a/train/metrics.json").read_text())
    assert metrics["test"]["accuracy"] > support_vectors(digits_folder) - 0.01
