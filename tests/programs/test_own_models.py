"""``--model FILE.py:NAME``: builders as their authors write them, from the search to the model."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import keras_tuner
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

import train
import tune
from data import load_dataset
from tests.conftest import ROOT, run_program
from tests.test_tune import ended, results, rows, start
from tuner.oracles import ORACLES
from tuner.storage.journal import read_journal
from tuner.training.own_model import OwnModel
from tuner.trials.record import read_record

LOOP = [f"units_{i}" for i in range(3)]
IN_SCOPES = ["units", "regularizer", "dropout_rate", "noise", "noise_rate", "noise_stddev"]


@dataclass(frozen=True)
class Builder:
    """One of `tests/builders`: its name there, its data, and all that it declares."""

    name: str
    dataset: str
    names: list[str]
    function: str = "build_model"
    options: tuple[str, ...] = field(default=())

    @property
    def reference(self) -> str:
        return f"tests/builders/{self.name}.py:{self.function}"

    def asked(self, folder: Path) -> list[str]:
        """Return the options of a small search with it."""
        makers = {"two targets": two_targets, "diabetes.csv": diabetes_csv}
        made = makers.get(self.dataset)
        dataset = self.dataset if made is None else str(made(folder))
        small = ("--max-trials", "4", "--max-epochs", "2", "--executor", "serial", "--seed", "1")
        own = ("--model", self.reference, "--dataset", dataset, "--folds", "0")
        return [*own, *self.options, *small]


BUILDERS = [
    Builder(
        "units_per_layer",
        "digits",
        ["activation", "num_layers", *LOOP, "dropout", "dropout_rate", "lr"],
    ),
    Builder(
        "optimizer_choice", "breast_cancer", ["units", "optimizer", "momentum", "learning_rate"]
    ),
    Builder("nested_scopes", "wine", ["kind", *IN_SCOPES, "learning_rate"]),
    Builder(
        "hypermodel_fit",
        "digits",
        ["units", "patience", "batch_size", "shuffle"],
        "DigitsHyperModel",
    ),
    Builder(
        "custom_loop",
        "diabetes",
        ["units", "batch_size", "learning_rate"],
        "LoopHyperModel",
        ("--direction", "min"),
    ),
    Builder(
        "several_inputs",
        "diabetes.csv",
        ["person_units", "blood_units", "learning_rate"],
        options=("--inputs", "raw"),
    ),
    Builder("several_outputs", "two targets", ["units", "learning_rate", "even_weight"]),
    Builder("own_train_step", "wine", ["units", "noise", "learning_rate"]),
    Builder("own_layer", "diabetes", ["gate_bias", "units", "learning_rate"]),
    Builder("one_hot", "wine", ["units", "optimizer"]),
    Builder("sigmoid", "breast_cancer", ["units", "dropout", "learning_rate"]),
    Builder("lazy_sequential", "digits", ["units", "activation", "dropout", "lr"]),
    Builder("no_batch_size", "wine", ["units", "learning_rate"]),
]
# One with scopes, one with hyperparameters of its own fit.
SAME = (BUILDERS[2], BUILDERS[3])


def two_targets(folder: Path) -> Path:
    digits = load_digits()
    even = (digits.target % 2 == 0).astype(int)
    path = folder / "digits.npz"
    np.savez(path, x=digits.images.astype("float32"), y=digits.target, y_even=even)
    return path


def diabetes_csv(folder: Path) -> Path:
    path = folder / "diabetes.csv"
    load_diabetes(as_frame=True).frame.to_csv(path, index=False)
    return path


def named(builder: Builder) -> str:
    return builder.name


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("builder", BUILDERS, ids=named)
def test_from_the_search_to_the_saved_model(
    builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--run", "a", "--runs-dir", str(tmp_path))
    assert tune.main([*builder.asked(tmp_path), *place]) == 0, capsys.readouterr()
    run = tmp_path / "a"
    config = json.loads((run / "config.json").read_text())
    assert set(config["search_space"]) == set(builder.names)
    assert set(builder.names) <= set(rows(run)[0])
    report = (run / "report.html").read_text()
    domains = b"".join(path.read_bytes() for path in (run / "tensorboard").glob("events*"))
    for name in builder.names:
        assert name in report
        assert name.encode() in domains
    assert "published" not in report + capsys.readouterr().out
    for row in rows(run):  # What is not active has no value.
        active = set(read_record(run).space.declared(trial_values(run, int(row["trial"]))))
        assert {name for name in builder.names if row[name]} == active

    assert train.main(["--run", "a", "--runs-dir", str(tmp_path)]) == 0
    assert predicted_elsewhere(builder, run, tmp_path) == 0


def trial_values(run: Path, number: int) -> dict[str, object]:
    return read_record(run).history.trials[number].values


def predicted_elsewhere(builder: Builder, run: Path, folder: Path) -> int:
    """Load the model in a new process, away from this repository, and compare what it measures."""
    options = json.loads((run / "config.json").read_text())["options"]
    test = load_dataset(options["dataset"], options["seed"]).test
    columns = test.x if isinstance(test.x, dict) else {"x": test.x}
    np.savez(folder / "test.npz", **columns)
    code = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests" / "builders")!r})
import keras, numpy as np
custom = {{"Gate": __import__("own_layer").Gate}} if {builder.name == "own_layer"} else {{}}
if {builder.name == "own_train_step"}:
    import own_train_step
model = keras.saving.load_model({str(run / "train" / "model.keras")!r}, custom_objects=custom)
arrays = dict(np.load({str(folder / "test.npz")!r}))
inputs = arrays["x"] if list(arrays) == ["x"] else arrays
predicted = model.predict(inputs, verbose=0)
parts = predicted.values() if isinstance(predicted, dict) else [predicted]
np.savez({str(folder / "predicted.npz")!r}, *parts)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    parts = list(np.load(folder / "predicted.npz").values())
    metrics = json.loads((run / "train" / "metrics.json").read_text())["test"]
    y = test.y
    for name, value in metrics.items():
        if name.endswith("accuracy") and len(parts) == 1:
            two = parts[0].shape[1] == 1
            said = parts[0][:, 0] > 0.5 if two else parts[0].argmax(axis=1)
            assert np.mean(said == y) == pytest.approx(value, abs=1e-6)
        if name in ("mae", "mean_absolute_error"):
            assert np.mean(np.abs(parts[0][:, 0] - y)) == pytest.approx(value, rel=1e-4)
    assert all(np.isfinite(part).all() and len(part) == len(y) for part in parts)
    return done.returncode


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("builder", SAME, ids=named)
def test_killed_and_resumed_or_with_two_workers_it_is_the_same_search(
    builder: Builder, tmp_path: Path
) -> None:
    asked = [*builder.asked(tmp_path), "--max-trials", "8", "--runs-dir", str(tmp_path)]
    assert tune.main([*asked, "--run", "whole"]) == 0
    expected = results(tmp_path / "whole")

    process = start(*asked, "--run", "killed")
    deadline = time.monotonic() + 120
    while not (done := journal_ends(tmp_path / "killed")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert done
    assert tune.main([*asked, "--run", "killed"]) == 0
    assert results(tmp_path / "killed") == expected

    two = [option for option in asked if option not in ("--executor", "serial")]
    assert run_program("tune.py", *two, "--workers", "2", "--run", "two").returncode == 0
    assert results(tmp_path / "two") == expected


def journal_ends(run: Path) -> list[int]:
    return ended(run) if (run / "journal.jsonl").exists() else []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("strategy", ["grid", "random", "quasi-random", "bayesian", "hyperband"])
def test_every_strategy_searches_what_is_conditional(strategy: str, tmp_path: Path) -> None:
    for builder in (BUILDERS[1], BUILDERS[2]):
        place = ("--run", builder.name, "--runs-dir", str(tmp_path), "--strategy", strategy)
        asked = [*builder.asked(tmp_path), "--max-trials", "12", "--max-epochs", "1", *place]
        assert tune.main(asked) == 0
        table = rows(tmp_path / builder.name)
        for name in ("momentum", "units"):
            if name in table[0]:
                assert {bool(row[name]) for row in table} >= {True}
        conditional = "momentum" if builder.name == "optimizer_choice" else "regularizer"
        assert {bool(row[conditional]) for row in table} == {True, False}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("strategy", list(ORACLES))
def test_the_same_oracle_in_a_stock_tuner(strategy: str, tmp_path: Path) -> None:
    wine = load_dataset("wine")
    oracle = ORACLES[strategy](
        objective=keras_tuner.Objective("val_accuracy", "max"),
        max_trials=6,
        seed=0,
        hyperparameters=None,
    )
    tuner = keras_tuner.Tuner(
        oracle=oracle,
        hypermodel=OwnModel("tests/builders/nested_scopes.py:build_model", wine).named,
        directory=tmp_path,
    )
    train_split, validation = wine.preprocessed("train"), wine.preprocessed("validation")
    tuner.search(train_split.x, train_split.y, validation_data=validation.arrays, verbose=0)
    assert len(oracle.get_best_trials(6)) == 6
    assert {h.name for h in oracle.get_space().space} >= {"kind", "units", "regularizer"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_conditional_one_is_fixed_narrowed_and_given_a_role(tmp_path: Path) -> None:
    optimizer = BUILDERS[1]
    given = ("--fix", "momentum=0.7", "--range", "units=8:16", "--role", "learning_rate=fixed")
    place = ("--run", "a", "--runs-dir", str(tmp_path))
    assert tune.main([*optimizer.asked(tmp_path), "--max-trials", "10", *given, *place]) == 0
    table = rows(tmp_path / "a")
    assert {row["momentum"] for row in table} == {"", "0.7"}
    assert all((row["momentum"] == "0.7") == (row["optimizer"] == "sgd") for row in table)
    assert {int(row["units"]) for row in table} <= {8, 16}
    assert len({row["learning_rate"] for row in table}) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_a_trial_declares_late_is_recorded_and_searched_from_then_on(tmp_path: Path) -> None:
    asked = [*Builder("late", "wine", []).asked(tmp_path), "--runs-dir", str(tmp_path)]
    asked[1] = f"{write_hiding(tmp_path)}:build_model"
    asked += ["--max-trials", "8"]
    assert tune.main([*asked, "--run", "whole"]) == 0
    events = read_journal(tmp_path / "whole" / "journal.jsonl").events
    declared = [e for e in events if e["event"] == "hyperparameters_declared"]
    assert declared
    assert declared[0]["values"] == {"extra": 0.2}
    table = rows(tmp_path / "whole")
    assert "extra" in table[0]
    assert len({row["extra"] for row in table if row["extra"]}) > 1
    assert "extra" in (tmp_path / "whole" / "report.html").read_text()

    assert tune.main([*asked, "--max-trials", "4", "--run", "parts"]) == 0
    assert tune.main([*asked, "--run", "parts"]) == 0
    assert results(tmp_path / "parts") == results(tmp_path / "whole")
    two = [option for option in asked if option not in ("--executor", "serial")]
    assert run_program("tune.py", *two, "--workers", "2", "--run", "two").returncode == 0
    assert results(tmp_path / "two") == results(tmp_path / "whole")


def write_hiding(folder: Path) -> Path:
    """Write a builder that declares more as soon as it is trained, as no exploring would show."""
    path = folder / "hiding.py"
    path.write_text(
        "import keras, keras_tuner\n"
        "class Hiding(keras_tuner.HyperModel):\n"
        "    def build(self, hp):\n"
        "        model = keras.Sequential([keras.Input((13,)), keras.layers.Dense(3, 'softmax')])\n"
        "        rate = hp.Float('rate', 1e-3, 1e-1, sampling='log')\n"
        "        model.compile(keras.optimizers.Adam(rate), 'sparse_categorical_crossentropy',\n"
        "                      metrics=['accuracy'])\n"
        "        return model\n"
        "    def fit(self, hp, model, x, y, **kwargs):\n"
        "        if len(x) > 50:\n"
        "            hp.Float('extra', 0.1, 0.5, default=0.2)\n"
        "        return model.fit(x, y, **kwargs)\n"
        "build_model = Hiding()\n"
    )
    return path
