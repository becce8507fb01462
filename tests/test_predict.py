"""`predict.py` as people run it: a CSV on standard output or in a file, one line for a mistake."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import predict
import train
from tests.conftest import ROOT, run_program


def patients(path: Path, marks: bool = True) -> Path:
    """Write a table as people have it, and what it means: with marks or without."""
    rng = np.random.default_rng(0)
    lines = ["Id,age,cost,seen,city,sick"]
    for i in range(120):
        age, cost, day = rng.normal(40, 10), rng.uniform(1e3, 9e3), rng.integers(1, 28)
        cost_text = f'"{cost:,.2f}"' if marks else f"{cost:.2f}"
        age_text = (f"{age:.1f}", "?" if marks else "")[i % 9 == 0]
        city = ("Bern", "Genf ", "")[i % 3]
        lines.append(
            f"{i + 1},{age_text},{cost_text},{day:02d}/07/2024,{city if marks else city.strip()},"
            f"{('no', 'yes')[age > 40]}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def trained(place: Path, dataset: Path | str, *options: str) -> tuple[str, ...]:
    """Train the defaults for a moment; return what names the run."""
    given = ["--default", "--dataset", str(dataset), "--max-epochs", "3", *options]
    assert train.main([*given, "--runs-dir", str(place)]) == 0
    (run,) = place.glob("default-*")
    run.rename(place / "a")
    return "--run", "a", "--runs-dir", str(place)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """A table, and the run of a model that was trained on it."""
    folder = tmp_path_factory.mktemp("table")
    path = patients(folder / "patients.csv")
    return path, trained(folder / "runs", path)


def answered(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> pd.DataFrame:
    """Run the program in this process, and read what it says."""
    capsys.readouterr()
    status = predict.main([str(word) for word in argv])
    done = capsys.readouterr()
    assert (status, done.err) == (0, "")
    return pd.read_csv(io.StringIO(done.out), keep_default_na=False)


def refused(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> str:
    """Run the program, which has to refuse in one line, and return that."""
    capsys.readouterr()
    status = predict.main([str(word) for word in argv])
    done = capsys.readouterr()
    assert (status, done.out) == (2, "")
    assert done.err.startswith("predict.py: error: ")
    assert done.err.count("\n") == 1
    return done.err


def test_a_clean_file_gives_the_same_as_one_with_marks(
    table: tuple[Path, tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, place = table
    said = answered(capsys, path, *place)
    assert list(said) == ["prediction", "probability_no", "probability_yes"]
    assert len(said) == 120
    clean = pd.read_csv(patients(tmp_path / "clean.csv", marks=False))
    clean.drop(columns=["Id", "sick"])[::-1].to_csv(tmp_path / "clean.csv", index=False)
    again = answered(capsys, tmp_path / "clean.csv", *place)
    assert again[::-1].reset_index(drop=True).equals(said)


def test_one_row_is_enough(
    table: tuple[Path, tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, place = table
    one = tmp_path / "one.csv"
    one.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    said, all_of_them = answered(capsys, one, *place), answered(capsys, path, *place)
    assert said["prediction"].tolist() == all_of_them["prediction"].tolist()[:1]


def test_a_file_is_written_whole_and_replaces_another(
    table: tuple[Path, tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, place = table
    output = tmp_path / "out.csv"
    output.write_text("old")
    assert predict.main([str(path), *place, "--output", str(output)]) == 0
    assert capsys.readouterr().out == ""
    assert predict.main([str(path), *place]) == 0
    assert output.read_text() == capsys.readouterr().out
    bad = tmp_path / "bad.csv"
    bad.write_text(path.read_text().replace("\n2,", "\n2,x", 1))
    kept = output.read_bytes()
    assert 'row 2, age: "x' in refused(capsys, bad, *place, "--output", output)
    assert output.read_bytes() == kept


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("age,", "Age,"), '"age" is missing. Did you mean "Age"'),
        (("sick\n", "zip\n"), 'received "zip": remove it'),
    ],
)
def test_other_columns_are_refused(
    change: tuple[str, str],
    expected: str,
    table: tuple[Path, tuple[str, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, place = table
    other = tmp_path / "other.csv"
    other.write_text(path.read_text().replace(*change, 1))
    assert expected in refused(capsys, other, *place)


def test_places_that_do_not_suit_are_refused(
    table: tuple[Path, tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, (_, _, *runs) = table
    assert "no search in" in refused(capsys, path, "--run", "b", *runs)
    assert "does not exist" in refused(capsys, "nothing.csv", "--run", "a", *runs)
    assert "is a folder" in refused(capsys, path, "--run", "a", *runs, "--output", tmp_path)
    assert "would replace" in refused(capsys, path, "--run", "a", *runs, "--output", path)


def test_help_names_what_there_is() -> None:
    done = run_program("predict.py", "--help")
    assert done.returncode == 0
    assert "--output FILE" in done.stdout


def test_an_array_needs_only_x(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    np.savez(tmp_path / "all.npz", x=x, y=x.sum(axis=1))
    place = trained(tmp_path / "runs", tmp_path / "all.npz")
    np.savez(tmp_path / "new.npz", x=x[:7])
    said = answered(capsys, tmp_path / "new.npz", *place)
    assert list(said) == ["prediction"]
    model = keras.saving.load_model(tmp_path / "runs" / "a" / "train" / "model.keras")
    expected = model.predict(x[:7], verbose=0)[:, 0]
    np.testing.assert_allclose(said["prediction"], expected, rtol=1e-5)


def test_labels_have_a_probability_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5)).astype(np.float32)
    np.savez(tmp_path / "all.npz", x=x, y=(x[:, :2] > 0) * 1, label_names=["wet", "cold"])
    place = trained(tmp_path / "runs", tmp_path / "all.npz")
    said = answered(capsys, tmp_path / "all.npz", *place)
    assert list(said) == ["prediction", "probability_wet", "probability_cold"]
    assert set(said["prediction"]) <= {"", "wet", "cold", "wet;cold"}


def test_images_have_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for kind, brightness in (("dark", 20), ("light", 180)):
        for i in range(12):
            file = tmp_path / "photos" / kind / f"{i:02}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(brightness, brightness + 60, (6 + i % 3, 7), dtype=np.uint8)
            Image.fromarray(pixels).save(file)
    place = trained(tmp_path / "runs", tmp_path / "photos")
    said = answered(capsys, tmp_path / "photos", *place)
    assert list(said) == ["file", "prediction", "probability_dark", "probability_light"]
    assert said["file"].tolist() == sorted(said["file"])
    assert said["file"][0] == "dark/00.png"
    one = answered(capsys, tmp_path / "photos/light/03.png", *place)
    assert one["prediction"].tolist() == said[said["file"] == "light/03.png"]["prediction"].tolist()


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs /proc")
def test_an_interrupt_ends_it_without_a_file(
    table: tuple[Path, tuple[str, ...]], tmp_path: Path
) -> None:
    path, place = table
    output = tmp_path / "out.csv"
    command = [sys.executable, "predict.py", str(path), *place, "--output", str(output)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while "tensorflow" not in Path(f"/proc/{process.pid}/maps").read_text():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "predict.py: interrupted\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line(table: tuple[Path, tuple[str, ...]]) -> None:
    path, place = table
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "predict.py", str(path), *place],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == (
        "predict.py: error: cannot write to standard output: No space left on device; "
        "nothing is kept\n"
    )
