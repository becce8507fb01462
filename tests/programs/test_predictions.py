"""Search, training and prediction, each in a process of its own, for every kind of data."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.conftest import ROOT, run_program
from tests.test_predict import patients

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# What somebody runs who has the saved model, Keras and pandas, and not this repository.
ELSEWHERE = """
import sys
import keras
import numpy as np
import pandas as pd

model = keras.saving.load_model(sys.argv[1])
if sys.argv[2].endswith(".npz"):
    outputs = model.predict(np.load(sys.argv[2])["x"], verbose=0)
else:
    frame = pd.read_csv(sys.argv[2], keep_default_na=False)
    columns = {
        one.name: frame[one.name].to_numpy(object if one.dtype == "string" else one.dtype)
        for one in model.inputs
    }
    outputs = model.predict(columns, verbose=0)
np.save(sys.argv[3], outputs)
assert "tuner" not in sys.modules
"""


def predicted(dataset: Path, new: Path, *options: str) -> pd.DataFrame:
    """Search, train and predict; return the answer."""
    runs = ("--runs-dir", str(dataset.parent / "runs"))
    search = ("--max-trials", "2", "--max-epochs", "5", "--workers", "1", "--folds", "0")
    for program, words in (
        ("tune.py", ("--dataset", str(dataset), *search, *options)),
        ("train.py", ()),
        ("predict.py", (str(new),)),
    ):
        done = run_program(program, *words, *runs, seconds=250)
        assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return pd.read_csv(io.StringIO(done.stdout), keep_default_na=False)


def elsewhere(dataset: Path, new: Path) -> np.ndarray:
    """Return what the saved model says in a process without this repository."""
    model = dataset.parent / "runs" / "latest" / "train" / "model.keras"
    said = dataset.parent / "said.npy"
    command = [sys.executable, "-c", ELSEWHERE, str(model), str(new), str(said)]
    subprocess.run(command, cwd=dataset.parent, check=True, timeout=100)
    return np.load(said)


def numbers_csv(path: Path) -> Path:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(40, 10, 90), "size": rng.normal(170, 9, 90)})
    frame["city"] = np.where(rng.random(90) < 0.5, "Bern", "Genf")
    frame["sick"] = np.where(frame["age"] > 40, "yes", "no")
    frame["weight"] = frame["size"] - 100 + rng.normal(0, 5, 90)
    frame.to_csv(path, index=False)
    return path


def test_classes_of_a_table(tmp_path: Path) -> None:
    table = numbers_csv(tmp_path / "table.csv")
    said = predicted(table, table, "--target", "sick")
    probabilities = elsewhere(table, table)
    np.testing.assert_allclose(said.filter(like="probability_"), probabilities, rtol=1e-4)
    names = np.array(["no", "yes"])[probabilities.argmax(axis=1)]
    assert said["prediction"].tolist() == names.tolist()


def test_numbers_of_a_table(tmp_path: Path) -> None:
    table = numbers_csv(tmp_path / "table.csv")
    said = predicted(table, table)
    np.testing.assert_allclose(said["prediction"], elsewhere(table, table)[:, 0], rtol=1e-4)


def test_a_table_with_marks_and_dates(tmp_path: Path) -> None:
    table = patients(tmp_path / "patients.csv")
    said = predicted(table, patients(tmp_path / "clean.csv", marks=False))
    truth = pd.read_csv(table)["sick"]
    assert len(said) == len(truth)
    assert set(said["prediction"]) <= {"no", "yes"}


def test_an_array(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 12, 12, 1)).astype(np.float32)
    np.savez(tmp_path / "all.npz", x=x, y=np.where(x[:, 0, 0, 0] > 0, "up", "down"))
    np.savez(tmp_path / "new.npz", x=x[:20])
    said = predicted(tmp_path / "all.npz", tmp_path / "new.npz")
    expected = elsewhere(tmp_path / "all.npz", tmp_path / "new.npz")
    assert list(said) == ["prediction", "probability_down", "probability_up"]
    np.testing.assert_allclose(said.filter(like="probability_"), expected, rtol=1e-4)


def test_a_folder_of_images(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for kind, brightness in (("dark", 20), ("light", 180)):
        for i in range(20):
            file = tmp_path / "photos" / kind / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(brightness, brightness + 60, (8, 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(file)
    files = [tmp_path / "photos" / kind / "3.png" for kind in ("dark", "light")]
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in files:
        shutil.copy(file, flat / f"{file.parent.name}.png")
    pixels = np.stack([np.asarray(Image.open(file)) for file in files])
    np.savez(tmp_path / "pixels.npz", x=pixels)
    said = predicted(tmp_path / "photos", flat)
    assert said["file"].tolist() == ["dark.png", "light.png"]
    expected = elsewhere(tmp_path / "photos", tmp_path / "pixels.npz")
    np.testing.assert_allclose(said.filter(like="probability_"), expected, rtol=1e-4)


SCRIPT = """
mount -t tmpfs -o size=8k tmpfs $1 || exit 77
echo old > $1/out.csv
$2 predict.py $3 --runs-dir $4 --output $1/out.csv; echo "status $?"
ls -A $1; cat $1/out.csv
mount -o remount,ro $1
$2 predict.py $3 --runs-dir $4 --output $1/other.csv; echo "status $?"
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_disk_that_is_full_or_read_only_keeps_the_old_file(tmp_path: Path) -> None:
    table = numbers_csv(tmp_path / "table.csv")
    predicted(table, table)
    new = tmp_path / "new.csv"
    pd.concat([pd.read_csv(table)] * 20).to_csv(new, index=False)
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [str(disk), sys.executable, str(new), str(tmp_path / "runs")]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", SCRIPT, "sh", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    if done.returncode == 77 or "status" not in done.stdout:
        pytest.skip(f"needs to mount a small disk: {done.stderr}")
    assert done.stdout.split() == ["status", "2", "out.csv", "old", "status", "2"]
    full, read_only = done.stderr.splitlines()
    assert full.endswith("out.csv: No space left on device; nothing is kept")
    assert "cannot be written" in read_only
