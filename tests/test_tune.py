"""`tune.py` as people run it: its files, its words, its exit status."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import tune
from tests.conftest import ROOT, SMALL, FinishedSearch, run_program
from tuner.reporting.refresh import ReportReporter
from tuner.storage.journal import read_journal
from tuner.storage.ledger import read_ledger


def rows(run: Path) -> list[dict[str, str]]:
    with open(run / "trials.csv", newline="") as file:
        return list(csv.DictReader(file))


def results(run: Path) -> list[tuple[str, ...]]:
    """What a seed decides of a search: everything but the times."""
    return [tuple(v for k, v in row.items() if k != "seconds") for row in rows(run)]


def ended(run: Path) -> list[int]:
    events = read_journal(run / "journal.jsonl").events
    return [event["trial"] for event in events if event["event"] == "trial_ended"]


def search(runs: Path, *options: str) -> int:
    """Run a search in this process: the import of TensorFlow is most of a small one's time."""
    return tune.main([*SMALL, "--runs-dir", str(runs), *options])


def test_a_search_leaves_the_files_of_the_interface(finished: FinishedSearch) -> None:
    table = rows(finished.path)
    assert list(table[0])[:6] == ["trial", "status", "score", "best_epoch", "epochs", "seconds"]
    assert {"learning_rate", "batch_size", "depth", "width", "dropout"} <= set(table[0])
    assert [row["status"] for row in table] == ["completed"] * 3
    best = json.loads((finished.path / "best.json").read_text())
    assert best["objective"] == {"name": "val_accuracy", "direction": "max"}
    assert best["score"] == max(float(row["score"]) for row in table)
    assert os.readlink(finished.runs / "latest") == "small"
    config = json.loads((finished.path / "config.json").read_text())
    assert config["options"]["dataset"] == "wine"
    assert {"search_space", "dataset", "versions", "git_revision", "command"} <= set(config)


def test_each_trial_says_once_what_it_costs(finished: FinishedSearch) -> None:
    events = read_journal(finished.path / "journal.jsonl").events
    epochs = [event for event in events if event["event"] == "epoch"]
    assert all((event["epoch"] == 1) == ("cost" in event) for event in epochs)
    assert all(event["cost"] > 0 for event in epochs if "cost" in event)


def test_the_published_defaults_are_trial_0(finished: FinishedSearch) -> None:
    first = rows(finished.path)[0]
    published = {"learning_rate": "0.003", "batch_size": "16", "dropout": "0.1"}
    assert {name: first[name] for name in published} == published


def test_the_last_lines_say_what_to_do_next(finished: FinishedSearch) -> None:
    assert "Best val_accuracy: " in finished.output
    assert f"Run directory: {finished.path}" in finished.output
    last = finished.output.splitlines()[-1]
    assert last == f"Next: python train.py --run small --runs-dir {finished.runs}"


def test_the_best_trials_keep_a_model_that_takes_raw_inputs(finished: FinishedSearch) -> None:
    from data import load_dataset

    best = json.loads((finished.path / "best.json").read_text())
    model = keras.saving.load_model(
        finished.path / "checkpoints" / f"trial-{best['trial']:04d}.keras"
    )
    validation = load_dataset("wine").validation
    accuracy = np.mean(model.predict(validation.x, verbose=0).argmax(1) == validation.y)
    assert accuracy == pytest.approx(best["score"])


@pytest.mark.parametrize("seed", ["0", "7"])
def test_the_same_seed_gives_the_same_search(tmp_path: Path, seed: str) -> None:
    for name in ("one", "two"):
        assert search(tmp_path, "--seed", seed, "--run", name) == 0
    assert results(tmp_path / "one") == results(tmp_path / "two")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("lag", "most"), [("4", "3"), ("8", "5")])
def test_the_number_of_workers_makes_no_difference(tmp_path: Path, lag: str, most: str) -> None:
    for workers in ("1", "2", most):
        place = ("--run", workers, "--runs-dir", str(tmp_path))
        options = ("--lag", lag, "--workers", workers, *place)
        longer = ("--max-trials", "14", "--max-epochs", "8")
        assert run_program("tune.py", *SMALL, *longer, *options, seconds=280).returncode == 0
    assert results(tmp_path / "1") == results(tmp_path / "2") == results(tmp_path / most)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_trials_that_depend_on_no_other_wait_for_none(tmp_path: Path) -> None:
    """With --lag 1 a trial waits for the one before, unless nothing would come of it."""
    for workers, pruner in (("1", "none"), ("2", "none"), ("2", "curve")):
        place = ("--run", f"{workers}-{pruner}", "--runs-dir", str(tmp_path))
        options = ("--strategy", "random", "--pruner", pruner, "--lag", "1", "--workers", workers)
        assert run_program("tune.py", *SMALL, *options, *place).returncode == 0
    assert results(tmp_path / "1-none") == results(tmp_path / "2-none")

    def most_at_once(run: str) -> int:
        running, most = 0, 0
        for event in read_journal(tmp_path / run / "journal.jsonl").events:
            change = {"trial_started": 1, "trial_ended": -1}.get(event["event"], 0)
            running, most = running + change, max(most, running + change)
        return most

    assert (most_at_once("2-none"), most_at_once("2-curve")) == (2, 1)


def test_seeds_differ(tmp_path: Path) -> None:
    for seed in ("42", "47"):
        options = ("--strategy", "random", "--max-trials", "5")
        assert search(tmp_path, "--seed", seed, "--run", seed, *options) == 0
    # Trials 0 to 2 are the same starts.
    values = [{row[7:12] for row in results(tmp_path / seed)[3:]} for seed in ("42", "47")]
    assert not values[0] & values[1]


def test_the_same_run_again_changes_nothing_and_more_trials_extend_it(tmp_path: Path) -> None:
    assert search(tmp_path, "--run", "a") == 0
    before = results(tmp_path / "a")
    assert tune.main(["--runs-dir", str(tmp_path), "--run", "a"]) == 0
    assert results(tmp_path / "a") == before
    assert tune.main(["--runs-dir", str(tmp_path), "--run", "a", "--max-trials", "5"]) == 0
    assert results(tmp_path / "a")[:3] == before
    assert ended(tmp_path / "a") == [0, 1, 2, 3, 4]
    # Extended or in one go: the same search.
    assert search(tmp_path, "--run", "b", "--max-trials", "5") == 0
    assert results(tmp_path / "b") == results(tmp_path / "a")


@pytest.mark.parametrize("strategy", ["grid", "random", "quasi-random", "bayesian", "hyperband"])
def test_every_strategy_searches(tmp_path: Path, strategy: str) -> None:
    assert search(tmp_path, "--strategy", strategy, "--run", "a") == 0
    assert len(set(results(tmp_path / "a"))) == 3


@pytest.mark.parametrize(
    ("asked", "expected"), [("auto", "compiled"), ("plain", "plain"), ("streamed", "streamed")]
)
def test_the_way_of_training_is_shown_and_can_be_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: str, expected: str
) -> None:
    assert search(tmp_path, "--training-path", asked, "--run", "a", "--max-trials", "2") == 0
    events = read_journal(tmp_path / "a" / "journal.jsonl").events
    assert {e["path"] for e in events if e["event"] == "trial_ended"} == {expected}
    assert capsys.readouterr().out.count("Training: ") == 1


def test_a_pruned_trial_says_why_and_keeps_no_model(tmp_path: Path) -> None:
    longer = ("--max-trials", "9", "--max-epochs", "6", "--patience", "6")
    assert (
        search(tmp_path, "--run", "a", *longer, "--pruner", "curve", "--pruner-error-rate", "0.5")
        == 0
    )
    pruned = [row for row in rows(tmp_path / "a") if row["status"] == "pruned"]
    assert pruned
    for row in pruned:
        assert row["reason"].startswith(f"pruned after epoch {row['epochs']}: its chance to end")
        assert int(row["epochs"]) < 6
        assert not (
            tmp_path / "a" / "checkpoints" / f"trial-{int(row['trial']):04d}.keras"
        ).exists()
    best = json.loads((tmp_path / "a" / "best.json").read_text())
    assert best["score"] == max(float(row["score"]) for row in rows(tmp_path / "a"))
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert (config["pruner"], config["pruner_error_rate"]) == ("curve", 0.5)


def test_a_space_of_two_points_ends_by_itself(tmp_path: Path) -> None:
    fixed = ("learning_rate=0.01", "batch_size=32", "depth=1", "width=32", "dropout=0.2")
    options = [word for value in fixed for word in ("--fix", value)]
    assert search(tmp_path, "--run", "a", "--max-trials", "9", *options) == 0
    assert len(rows(tmp_path / "a")) == 2
    assert {row["depth"] for row in rows(tmp_path / "a")} == {"1"}


def test_a_grid_says_how_large_it_is_before_it_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fixed = [word for name in ("depth=1", "dropout=0.2") for word in ("--fix", name)]
    options = ("--strategy", "grid", "--grid-points", "4", *fixed)
    assert search(tmp_path, "--run", "a", *options) == 0
    printed = capsys.readouterr().out
    assert "grid: 4 learning_rate x 2 batch_size x 4 width x 2 schedule = 64 points" in printed
    assert "of which --max-trials takes 3" in printed
    grid = json.loads((tmp_path / "a" / "config.json").read_text())["grid"]
    assert (grid["points_per_range"], grid["points"]) == (4, 64)


def test_a_range_is_kept(tmp_path: Path) -> None:
    options = ("--range", "learning_rate=0.01:0.02", "--strategy", "random")
    assert search(tmp_path, "--run", "a", *options) == 0
    assert all(0.01 <= float(row["learning_rate"]) <= 0.02 for row in rows(tmp_path / "a"))


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--dataset", "digit"), "digits"),
    (("--dataset", "missing.csv"), "missing.csv"),
    (("--fix", "dept=2"), "did you mean depth"),
    (("--fix", "depth=two"), "expected a int"),
    (("--range", "width=64:32"), "expected low below high"),
    (("--range", "learning_rate=-1:1"), "learning_rate"),
    (("--model", "transformer"), "mlp"),
    (("--objective", "val_acuracy"), "val_accuracy"),
    (("--run", "a/b"), "without slashes"),
    (("--max-trials", "0"), "1 or more"),
    (("--strategy", "hyperband", "--pruner", "median"), "--pruner median: leave it out"),
    (("--pruner", "best"), "median"),
    (("--grid-points", "5"), "belongs to --strategy grid, and the strategy is bayesian"),
    (("--pruner", "median", "--pruner-error-rate", "0.1"), "belongs to --pruner curve"),
    (("--strategy", "grid", "--no-cost"), "--no-cost belongs to --strategy bayesian"),
    (("--pruner-error-rate", "5"), "between 0 and 1"),
    (("--no-deterministic", "--lag", "4"), "received --lag 4: leave one of them out"),
    (("--max-trial", "4"), "did you mean --max-trials"),
    (("--target", "price"), "target"),
    (("--task", "regression", "--model", "cnn"), "cnn"),
]


@pytest.mark.parametrize(("options", "expected"), WRONG)
def test_a_wrong_input_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], expected: str
) -> None:
    try:
        status = search(tmp_path, *options)
    except SystemExit as stop:
        status = int(str(stop.code))
    error = capsys.readouterr().err
    assert status == 2
    assert error.startswith("tune.py: error: ")
    assert error.count("\n") == 1
    assert expected in error
    assert list(tmp_path.iterdir()) == []  # Nothing was begun.


def test_another_search_is_refused_with_the_difference_named(
    finished: FinishedSearch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in finished.path.glob("*.*")}
    for options, named in [
        (["--dataset", "digits"], "data set: name is wine there and digits here"),
        (["--seed", "3"], "seed is 0 there and 3 here"),
        (["--max-epochs", "9"], "--max-epochs is 3 there and 9 here"),
        (["--pruner", "asha"], "--pruner is curve there and asha here"),
        (["--pruner-error-rate", "0.2"], "--pruner-error-rate is 0.1 there and 0.2 here"),
        (["--lag", "8"], "--lag is 4 there and 8 here"),
        (["--fix", "depth=1"], "search space: depth"),
        (["--objective", "val_loss"], "objective: name is val_accuracy there and val_loss here"),
    ]:
        place = ["--run", "small", "--runs-dir", str(finished.runs)]
        assert tune.main([*options, *place]) == 2
        error = capsys.readouterr().err
        assert named in error
        assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in finished.path.glob("*.*")} == before


def test_a_folder_that_is_no_search_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.txt").write_text("mine")
    assert search(tmp_path, "--run", "photos") == 2
    assert "is not the folder of a search" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["one.txt"]


def test_a_place_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert search(tmp_path / "file", "--run", "a") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_help_does_not_wait_for_tensorflow() -> None:
    code = "import sys, tune\ntry: tune.main(['--help'])\nexcept SystemExit: pass\n"
    heavy = "print([m for m in ('tensorflow', 'keras', 'sklearn', 'numpy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + heavy], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--max-trials" in done.stdout


def test_when_every_trial_fails_there_is_no_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no such layer")

    monkeypatch.setattr("tuner.training.run_trial.fit", fail)
    assert search(tmp_path, "--run", "a") == 1
    printed = capsys.readouterr().out
    assert "No trial completed" in printed
    assert "RuntimeError: no such layer" in printed
    assert not (tmp_path / "a" / "best.json").exists()
    assert [row["status"] for row in rows(tmp_path / "a")] == ["failed"] * 3


def test_a_diverged_trial_is_a_result_like_any_other(tmp_path: Path) -> None:
    options = ("--range", "learning_rate=1e18:1e20", "--dataset", "diabetes", "--max-trials", "4")
    assert search(tmp_path, "--run", "a", *options) in {0, 1}
    failed = [row for row in rows(tmp_path / "a") if row["status"] == "failed"]
    assert failed
    assert all("diverged" in row["reason"] and row["score"] == "" for row in failed)


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tune.py"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Its own group, as a terminal would give it.
        start_new_session=True,
    )


def wait_for_trials(run: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if len(ended(run)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{run} has not ended {count} trials")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_searches_say_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    place = ("--run", "a", "--runs-dir", str(tmp_path))
    process = start(*SMALL, *place, "--max-trials", "500")
    wait_for_trials(tmp_path / "a", 2)
    process.send_signal(number)
    printed, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert f"python tune.py --run a --runs-dir {tmp_path}" in printed
    assert [row["state"] for row in read_ledger(tmp_path)] == ["interrupted"]
    done = len(ended(tmp_path / "a"))
    assert sum(row["status"] != "running" for row in rows(tmp_path / "a")) == done
    # Two workers had a trial each, which run again; one more is new.
    assert search(tmp_path, "--run", "a", "--max-trials", str(done + 3)) == 0
    assert sorted(ended(tmp_path / "a")) == list(range(done + 3))
    assert [row["state"] for row in read_ledger(tmp_path)] == ["finished"]


def test_an_interrupt_in_the_last_report_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: ReportReporter, findings: object, state: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(ReportReporter, "search_ended", interrupted)
    assert search(tmp_path, "--run", "a") == 130
    assert f"Their report: python tune.py --report {tmp_path / 'a'}" in capsys.readouterr().out
    monkeypatch.undo()
    assert search(tmp_path, "--run", "a") == 0
    assert (tmp_path / "a" / "report.html").exists()


SWALLOWS_AN_INTERRUPT = """
import os
import signal
from pathlib import Path

import keras
import keras_tuner

JOURNAL = Path(__file__).parent / "a" / "journal.jsonl"
MARKER = Path(__file__).with_suffix(".interrupted")


class Swallows(keras_tuner.HyperModel):
    def build(self, hp):
        width = hp.Int("width", 4, 32)
        layers = [keras.Input((13,)), keras.layers.Dense(width), keras.layers.Dense(3, "softmax")]
        model = keras.Sequential(layers)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, **kwargs):
        in_trial_1 = JOURNAL.exists() and "trial_ended" in JOURNAL.read_text()
        if in_trial_1 and not MARKER.exists():
            MARKER.touch()
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except:
                pass
            raise TypeError("Failed to convert elements of (None, 128)")
        return model.fit(*args, **kwargs)
"""


@pytest.mark.timeout(300)
def test_an_interrupt_that_a_trial_swallows_ends_the_search_and_not_the_trial(
    tmp_path: Path,
) -> None:
    """As Keras does where it traces a graph; the trial, which fails for it, runs again."""
    (tmp_path / "swallows.py").write_text(SWALLOWS_AN_INTERRUPT)
    place = ("--run", "a", "--runs-dir", str(tmp_path))
    model = ("--model", f"{tmp_path / 'swallows.py'}:Swallows")
    process = run_program("tune.py", *SMALL, *model, "--executor", "serial", *place)
    assert process.returncode == 130, process.stderr
    assert "Interrupted; what is done is kept." in process.stdout
    assert {row["status"] for row in rows(tmp_path / "a")} == {"completed", "running"}
    assert run_program("tune.py", "--run", "a", "--runs-dir", str(tmp_path)).returncode == 0
    assert {row["status"] for row in rows(tmp_path / "a")} == {"completed"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_moment_no_completed_trial_is_lost_or_run_twice(tmp_path: Path) -> None:
    place = ("--run", "a", "--runs-dir", str(tmp_path))
    moments = random.Random(0)
    completed: list[int] = []
    for _ in range(8):
        process = start(*SMALL, "--max-trials", "8", *place)
        time.sleep(moments.uniform(4.0, 9.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert ended(tmp_path / "a")[: len(completed)] == completed
        completed = ended(tmp_path / "a")
    assert run_program("tune.py", *SMALL, "--max-trials", "8", *place).returncode == 0
    assert sorted(ended(tmp_path / "a")) == list(range(8))
    assert search(tmp_path, "--run", "b", "--max-trials", "8") == 0
    assert results(tmp_path / "b") == results(tmp_path / "a")


@pytest.mark.timeout(300)
def test_two_searches_cannot_share_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(*SMALL, "--max-trials", "500", "--run", "a", "--runs-dir", str(tmp_path))
    wait_for_trials(tmp_path / "a", 1)
    assert search(tmp_path, "--run", "a", "--max-trials", "500") == 2
    assert f"process {process.pid}" in capsys.readouterr().err
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
