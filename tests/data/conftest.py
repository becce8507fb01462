"""Small datasets of every kind, written by the tests themselves."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes lines to a CSV and returns its path."""

    def write(*lines: str, encoding: str = "utf-8") -> str:
        path = tmp_path / "table.csv"
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return str(path)

    return write


@pytest.fixture
def write_npz(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes arrays to an .npz and returns its path."""

    def write(**arrays: np.ndarray) -> str:
        path = tmp_path / "arrays.npz"
        np.savez(path, **arrays)
        return str(path)

    return write


@pytest.fixture
def people_csv(write_csv: Callable[..., str]) -> str:
    """40 people: missing numbers, texts and booleans, a quoted comma, a column with odd name."""
    rng = np.random.default_rng(0)
    lines = ["age,my city/<script>,member,where,bought"]
    for i in range(40):
        age = "" if i % 7 == 0 else f"{rng.normal(40, 10):.1f}"
        city = ("Bern", '"Delhi, India"', "")[i % 3]
        member = ("true", "false", "")[i % 5 % 3]
        lines.append(f"{age},{city},{member},{'ab'[i % 2]},{('no', 'yes')[i % 2]}")
    return write_csv(*lines)


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """Two classes of 10 grey PNGs each, most of them 6 x 5 pixels."""
    rng = np.random.default_rng(0)
    for class_name, brightness in (("dark", 50), ("light", 150)):
        folder = tmp_path / "images" / class_name
        folder.mkdir(parents=True)
        for i in range(10):
            size = (12, 12) if i == 0 else (6, 5)
            pixels = rng.integers(brightness, brightness + 100, size, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "images"
