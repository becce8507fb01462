"""Groups, times and files of their own, from the command line to the shipped model."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from tests.conftest import run_program

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SEARCH = (
    *("--max-trials", "2", "--max-epochs", "20", "--workers", "1"),
    *("--fix", "learning_rate=0.01", "--fix", "width=64", "--fix", "depth=2"),
)


def write(path: Path, header: str, rows: list[str]) -> str:
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def programs(folder: Path, *options: str) -> tuple[str, dict[str, float]]:
    """Return what a search prints, and what its model then scores on the test examples."""
    place = ("--runs-dir", str(folder), "--run", "a")
    searched = run_program("tune.py", *options, *SEARCH, *place, seconds=180)
    assert searched.returncode == 0, searched.stderr
    again = run_program("tune.py", *place, "--max-trials", "3", seconds=180)
    assert again.returncode == 0, again.stderr
    trained = run_program("train.py", *place, "--final-fit", seconds=180)
    assert trained.returncode == 0, trained.stderr
    metrics = json.loads((folder / "a" / "train" / "metrics.json").read_text())
    return searched.stdout, metrics["test"]


@pytest.fixture
def patients(tmp_path: Path) -> tuple[str, str, np.ndarray]:
    """Patients with six visits each: a marker of the patient alone, and one of the disease."""
    dice = np.random.default_rng(0)
    ill = dice.integers(0, 2, 80)
    own = dice.normal(size=(80, 3))
    rows = [
        [p, *(own[p] + 0.05 * dice.normal(size=3)), ill[p] + 0.5 * dice.normal(), ill[p]]
        for p in range(80)
        for _ in range(6)
    ]
    table = np.array(rows)
    texts = [
        ",".join([f"p{int(r[0])}", *(f"{v:.4f}" for v in r[1:5]), ("no", "yes")[int(r[5])]])
        for r in table
    ]
    header, last = "patient,a,b,c,marker,ill", 6 * 64
    train = write(tmp_path / "patients.csv", header, texts[:last])
    return train, write(tmp_path / "later.csv", header, texts[last:]), table


def test_patients_with_a_test_file(tmp_path: Path, patients: tuple[str, str, np.ndarray]) -> None:
    train, test, table = patients
    data = ("--dataset", train, "--test", test, "--groups", "patient")
    told, scores = programs(tmp_path, *data, "--folds", "3")
    assert "patient: each value is in one split: " in told
    assert "16 in test" in told
    assert "3 folds of whole groups" in told
    seen, new = table[: 6 * 64], table[6 * 64 :]
    baseline = HistGradientBoostingClassifier(random_state=0).fit(seen[:, 1:5], seen[:, 5])
    assert scores["accuracy"] >= baseline.score(new[:, 1:5], new[:, 5]) - 0.05
    run = ("--run", "a", "--runs-dir", str(tmp_path))
    # Another test file is other data; without it there are none.
    lines = Path(test).read_text().splitlines()
    Path(test).write_text("\n".join(lines[:-1]) + "\n")
    assert "have changed since" in run_program("train.py", *run).stderr
    Path(test).unlink()
    gone = run_program("train.py", *run)
    assert gone.returncode == 2
    assert f"--test {test}: there is no such file" in gone.stderr


def test_a_series_is_split_by_time(tmp_path: Path) -> None:
    dice, days = np.random.default_rng(0), np.arange(600)
    a, b = dice.normal(size=(2, 600))
    y = 3 * a - 2 * b + days / 1000 + 0.5 * dice.normal(size=600)
    dates = np.datetime64("2022-01-01") + days
    order = dice.permutation(600)
    table = write(
        tmp_path / "days.csv",
        "day,a,b,y",
        [f"{dates[i]},{a[i]:.4f},{b[i]:.4f},{y[i]:.4f}" for i in order],
    )
    told, scores = programs(tmp_path, "--dataset", table, "--time", "day", "--folds", "3")
    spans = re.search(r"train (\S+) to (\S+), validation (\S+) to (\S+), test (\S+) to (\S+)", told)
    assert spans is not None
    assert list(spans.groups()) == sorted(spans.groups())
    assert "3 folds, each later than what it trains on" in told
    x = StandardScaler().fit_transform(np.stack([a, b], axis=1))
    first = 600 - 90
    line = LinearRegression().fit(x[:first], y[:first])
    wrong = np.mean((line.predict(x[first:]) - y[first:]) ** 2)
    assert scores["loss"] < wrong / np.var(y[:first]) + 0.05  # Losses are of standardized targets.
    repeated = run_program(
        "tune.py", "--dataset", table, "--time", "day", "--folds", "3", "--repeats", "2"
    )
    assert repeated.returncode == 2
    assert "in the order of time there is one way" in repeated.stderr


def test_folds_do_not_mix_what_is_kept_apart(tmp_path: Path) -> None:
    rows = [f"{i},{i % 2}" for i in range(60)]
    table = write(tmp_path / "a.csv", "x,y", rows)
    own = ("--validation", write(tmp_path / "b.csv", "x,y", rows[:20]))
    refused = run_program("tune.py", "--dataset", table, *own, "--folds", "3")
    assert refused.returncode == 2
    assert "has validation examples of its own" in refused.stderr
