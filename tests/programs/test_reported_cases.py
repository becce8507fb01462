"""Inputs that people reported to go wrong, each from the command line: what they expected."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import train
import tune

RANDOM = np.random.default_rng(0)
A, B = RANDOM.normal(size=(2, 300)).round(3)
HIGH = np.where(A + B > 0, "hi", "lo")
SEARCH = (
    *("--max-trials", "1", "--max-epochs", "40", "--patience", "40", "--workers", "1"),
    *("--folds", "0"),
    *("--fix", "learning_rate=0.01", "--fix", "batch_size=32"),
)


class Searched:
    """A search of one trial, and what it said."""

    def __init__(self, path: Path, status: int, said: str, refused: str) -> None:
        self.path, self.status, self.said, self.refused = path, status, said, refused

    @property
    def score(self) -> float:
        return float(json.loads((self.path / "best.json").read_text())["score"])

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads((self.path / "config.json").read_text())
        return config

    def kind(self, name: str) -> str:
        return next(c["kind"] for c in self.config["columns"] if c["source"] == name)


class Searching:
    """Runs `tune.py` on a file."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.runs = map(str, itertools.count())

    def csv(self, text: str, *options: str, name: str = "people.csv") -> Searched:
        (self.folder / name).write_text(text, "utf-8", newline="")
        return self(name, *options)

    def frame(self, columns: dict[str, Sequence[Any]], *options: str, **how: Any) -> Searched:
        return self.csv(pd.DataFrame(columns).to_csv(index=False, **how), *options)

    def __call__(self, name: str, *options: str) -> Searched:
        run = next(self.runs)
        place = ("--runs-dir", str(self.folder / "runs"), "--run", run)
        self.capsys.readouterr()
        try:
            status = tune.main(["--dataset", str(self.folder / name), *SEARCH, *options, *place])
        except SystemExit as error:
            status = int(error.code or 0)
        told = self.capsys.readouterr()
        return Searched(self.folder / "runs" / run, status, told.out, told.err)


@pytest.fixture
def search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Searching:
    return Searching(tmp_path, capsys)


def test_question_marks_in_a_column_of_numbers_are_missing(search: Searching) -> None:
    power = (100 + 40 * A).round(1).astype(str).astype(object)
    power[[3, 50, 99, 140, 201, 250]] = "?"
    columns = {"horsepower": power, "weight": B, "mpg": (50 - 10 * A + B).round(2)}
    done = search.frame(columns, "--target", "mpg")
    assert done.kind("horsepower") == "number"
    assert "6" in done.said
    assert '"?"' in done.said
    assert done.score < 0.1


def test_decimal_commas_are_numbers(search: Searching) -> None:
    columns = {"length": A, "width": B, "class": HIGH}
    done = search.frame(columns, sep=";", decimal=",")
    assert done.kind("length") == done.kind("width") == "number"
    assert "read as" in done.said
    assert done.score > 0.9


@pytest.mark.parametrize("write", ["{:,.0f}", "${:,.0f}", "{:.1f}%", "{:,.0f} €"])
def test_numbers_are_read_as_people_write_them(search: Searching, write: str) -> None:
    area = (5000 + 1000 * A).round(0)
    columns = {"area": [write.format(a) for a in area], "rooms": B, "price": 200 * area}
    done = search.frame(columns | {"price": [f"{p:,.0f}" for p in 200 * area]})
    assert done.kind("area") == "number"
    assert done.config["dataset"]["task"] == "regression"
    assert done.score < 0.1


def test_blanks_around_a_class_do_not_make_another(search: Searching) -> None:
    answer = np.where(A > 0, "yes", "no").astype(object)
    answer[::7] += " "
    done = search.frame({"a": A, "b": B, "answer": answer})
    assert "2 classes" in done.said
    assert done.score > 0.9


@pytest.mark.parametrize("word", ["None", "NA", "null"])
def test_a_class_may_be_called_none(search: Searching, word: str) -> None:
    done = search.frame({"a": A, "b": B, "disorder": np.where(A > 0, word, "Insomnia")})
    assert "2 classes" in done.said
    assert done.score > 0.9


def test_a_rare_count_is_refused_with_ways_out(search: Searching) -> None:
    count = np.clip((A * 2 + 4).round(), 0, 8).astype(int)
    count[0] = 9
    columns = {"x": A, "z": B, "count": count}
    done = search.frame(columns)
    assert done.status == 2
    assert "--task regression" in done.refused
    assert "--rare-classes" in done.refused
    assert search.frame(columns, "--task", "regression").score < 0.2


def test_a_first_column_without_a_name_is_left_out(search: Searching) -> None:
    table = pd.DataFrame({"a": A, "b": B, "label": HIGH}).to_csv()
    done = search.csv(table)
    assert "left out" in done.said
    assert done.score > 0.9


def test_a_column_that_numbers_the_rows_is_no_feature(search: Searching) -> None:
    columns = {"Id": range(1, 301), "n1": A, "n2": B, "species": np.repeat(["x", "y", "z"], 100)}
    done = search.frame(columns)
    assert done.kind("Id") == "left out"
    assert "Id" in done.said
    assert done.score < 0.6  # of two columns of noise
    kept = search.frame(columns, "--numeric", "Id")
    assert kept.kind("Id") == "number"


def test_what_float32_would_lose_survives_in_the_saved_model_too(
    search: Searching, tmp_path: Path
) -> None:
    a, b = RANDOM.uniform(0, 2, (2, 300)).round(2)
    columns = {"easting": 691_000 + a, "northing": 5_334_000 + b, "soil": np.where(b > 1, "x", "y")}
    assert search.frame(columns).score > 0.9
    assert train.main(["--runs-dir", str(tmp_path / "runs"), "--run", "0"]) == 0
    model = keras.saving.load_model(tmp_path / "runs" / "0" / "train" / "model.keras")
    import tensorflow as tf

    rows = {name: np.asarray(columns[name]) for name in ("easting", "northing")}
    said = model.predict(tf.data.Dataset.from_tensor_slices(rows).batch(64), verbose=0)
    assert (np.array(["x", "y"])[said.argmax(axis=1)] == columns["soil"]).mean() > 0.9


def test_a_series_has_statistics_for_each_feature(search: Searching, tmp_path: Path) -> None:
    x = RANDOM.normal(size=(240, 12, 3))
    y = x[:, :, 1].mean(axis=1) > 0
    np.savez(tmp_path / "series.npz", x=(x * [1e4, 1e-2, 1] + [1e5, 0, 0]).astype("float32"), y=y)
    done = search("series.npz")
    assert "series" in done.said
    assert done.score > 0.85


def draw(path: Path, colour: str, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 12), colour).convert(mode).save(path)


def test_train_val_and_test_are_splits(search: Searching, tmp_path: Path) -> None:
    for split, count in {"train": 12, "val": 8, "test": 7}.items():
        for colour in ("green", "red"):
            for number in range(count):
                draw(tmp_path / "photos" / split / colour / f"{number}.png", colour)
    done = search("photos")
    assert "24 training, 16 validation, 14 test" in done.said
    assert done.score == 1.0


def test_nested_images_are_all_used(search: Searching, tmp_path: Path) -> None:
    for number in range(10):
        draw(tmp_path / "photos" / "green" / f"{number}.png", "green")
        draw(tmp_path / "photos" / "red" / f"{number}.png", "red")
        draw(tmp_path / "photos" / "red" / "more" / f"{number}.png", "red")
    done = search("photos")
    assert sum(done.config["examples"].values()) == 30
    assert "30 images" in done.said


@pytest.mark.parametrize("mode", ["L", "P"])
def test_bitmaps_of_eight_bits_are_read(search: Searching, tmp_path: Path, mode: str) -> None:
    for number in range(10):
        draw(tmp_path / "photos" / "a" / f"{number}.bmp", "black", mode)
        draw(tmp_path / "photos" / "b" / f"{number}.bmp", "white", mode)
    assert search("photos").score == 1.0


def test_every_damaged_image_is_named_before_anything_trains(
    search: Searching, tmp_path: Path
) -> None:
    for number in range(40):
        for colour in ("green", "red"):
            draw(tmp_path / "photos" / colour / f"{number}.png", colour)
    for number in (7, 33):
        path = tmp_path / "photos" / "red" / f"{number}.png"
        path.write_bytes(path.read_bytes()[:40])
    done = search("photos")
    assert done.status == 2
    assert "7.png" in done.refused
    assert "33.png" in done.refused
    assert not (done.path / "journal.jsonl").exists()
