"""`tune.py --folds` as people run it."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train
import tune
from data import load_dataset
from tests.conftest import run_program
from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import prepare
from tuner.storage.artifacts import ArtifactFolder
from tuner.storage.journal import read_journal
from tuner.training import compiled
from tuner.training.run_trial import TrainingPlan, run_trial
from tuner.trials.ending import Status
from tuner.trials.trial import Assignment, TrialResult

SMALL = ("--dataset", "wine", "--folds", "3", "--max-trials", "2", "--max-epochs", "2")


def rows(run: Path) -> list[dict[str, str]]:
    with open(run / "trials.csv", newline="") as file:
        return list(csv.DictReader(file))


def results(run: Path) -> list[tuple[str, ...]]:
    return [tuple(v for k, v in row.items() if k != "seconds") for row in rows(run)]


def search(runs: Path, *options: str) -> int:
    return tune.main([*SMALL, "--runs-dir", str(runs), "--run", "a", *options])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    assert search(folder) == 0
    return folder


def test_mean_and_spread_are_in_the_tables(runs: Path) -> None:
    journal = read_journal(runs / "a" / "journal.jsonl").events
    table = rows(runs / "a")
    for row in table:
        folds = [
            e["score"]
            for e in journal
            if e["event"] == "fold_ended" and e["trial"] == int(row["trial"])
        ]
        assert row["folds"] == "3"
        assert float(row["score"]) == pytest.approx(np.mean(folds))
        assert float(row["score_std"]) == pytest.approx(np.std(folds, ddof=1))
    best = json.loads((runs / "a" / "best.json").read_text())
    assert best["score"] == max(float(row["score"]) for row in table)
    assert np.mean(best["fold_scores"]) == pytest.approx(best["score"])
    assert best["score_standard_error"] == pytest.approx(best["score_std"] / 3**0.5)


def test_epochs_of_folds_and_their_means_are_in_tensorboard(runs: Path) -> None:
    events = EventAccumulator(str(runs / "a" / "tensorboard" / "trial-0000")).Reload()

    def curve(tag: str) -> list[float]:
        return [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]

    folds = [curve(f"fold_{k}/val_loss") for k in range(3)]
    assert curve("val_loss") == pytest.approx(np.mean(folds, axis=0).tolist())
    assert [event.step for event in events.Tensors("fold_2/val_accuracy")] == [1, 2]
    assert len(curve("score")) == 1


def test_no_fold_leaves_a_model_and_train_makes_one(runs: Path) -> None:
    assert not list((runs / "a" / "checkpoints").rglob("*.*"))
    assert train.main(["--runs-dir", str(runs), "--run", "a"]) == 0
    metrics = json.loads((runs / "a" / "train" / "metrics.json").read_text())
    best = json.loads((runs / "a" / "best.json").read_text())
    assert metrics["search_score"] == best["score"]
    assert (runs / "a" / "train" / "model.keras").exists()


def test_a_longer_search_goes_on_where_this_one_ended(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = results(runs / "a")
    assert tune.main(["--runs-dir", str(runs), "--run", "a", "--max-trials", "5"]) == 0
    assert "± " in capsys.readouterr().out
    assert results(runs / "a")[:2] == before
    assert search(tmp_path, "--max-trials", "5", "--workers", "1") == 0
    assert results(tmp_path / "a") == results(runs / "a")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--folds", "1"), "2 or more"),
        (("--folds", "100"), 'at least 100 examples of class "class_2", one for each of 100 folds'),
        (("--folds", "5"), "cross-validation: folds is 3 there and 5 here"),
        (("--pruner", "median"), "received --pruner median"),
        (("--pruner", "none"), "pruner is folds there and none here"),
        (("--strategy", "hyperband"), "received --strategy hyperband, which has another"),
        (("--strategy", "hyperband", "--pruner", "none"), "choose another strategy"),
        (("--repeats", "2"), "cross-validation: repeats is 1 there and 2 here"),
    ],
)
def test_what_does_not_fit_is_one_line_and_status_2(
    runs: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    expected: str,
) -> None:
    try:
        status = search(runs, *options)
    except SystemExit as stop:
        status = int(str(stop.code))
    error = capsys.readouterr().err
    assert status == 2
    assert error.count("\n") == 1
    assert expected in error


def test_a_small_table_is_compared_in_folds_and_a_run_keeps_what_it_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, short = ("--runs-dir", str(tmp_path)), ("--max-trials", "1", "--max-epochs", "1")
    line = (
        "27 validation examples alone would choose by chance, so trials are compared in folds: "
        "--folds 0 compares on these alone"
    )
    for run, options, folds in (("a", (), 5), ("b", ("--folds", "0"), 0)):
        capsys.readouterr()
        assert tune.main(["--dataset", "wine", *short, *options, *place, "--run", run]) == 0
        assert (line in capsys.readouterr().out) is (folds > 0)
        for trials in ("1", "2"):
            assert tune.main([*place, "--run", run, "--max-trials", trials]) == 0
            config = json.loads((tmp_path / run / "config.json").read_text())
            assert config["options"]["folds"] == folds
            assert bool(config["cross_validation"]) is (folds > 0)
        assert len(rows(tmp_path / run)) == 2


def test_repeats_without_folds_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune.main(["--repeats", "2", "--runs-dir", str(tmp_path)]) == 2
    assert "give --folds too" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def plan_for(folder: Path, **options: Any) -> TrainingPlan:
    prepared = prepare(SearchOptions(max_epochs=2, **options))
    return TrainingPlan(
        dataset=prepared.dataset,
        build=prepared.build,
        objective=prepared.objective,
        max_epochs=2,
        patience=2,
        seed=0,
        artifacts=ArtifactFolder(folder),
        folds=prepared.options.folds or 0,
        repeats=prepared.options.repeats,
    )


VALUES = {
    "learning_rate": 0.01,
    "batch_size": 16,
    "depth": 1,
    "width": 32,
    "dropout": 0.2,
    "schedule": "constant",
}


def train_fold(plan: TrainingPlan, fold: int) -> TrialResult:
    return run_trial(Assignment(0, 0, VALUES, fold=fold), plan, lambda report: True)


def test_the_folds_of_an_architecture_share_a_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = []
    compile_epoch = compiled.compile_epoch
    monkeypatch.setattr(compiled, "compile_epoch", lambda *a: traced.append(a) or compile_epoch(*a))
    compiled.forget()
    plan = plan_for(tmp_path, dataset="wine", folds=3, repeats=2)
    scores = []
    for fold in range(6):
        result = train_fold(plan, fold)
        assert result.status is Status.COMPLETED, result.reason
        scores.append(result.score)
    assert len(traced) == 2  # An epoch of training and one of evaluation.
    assert len(set(scores)) > 1


def test_folds_that_differ_in_their_categories_train(tmp_path: Path) -> None:
    lines = [f"word{n // 3},{n % 5},{'yn'[n % 2]}" for n in range(120)]
    (tmp_path / "t.csv").write_text("\n".join(["letter,number,label", *lines]))
    plan = plan_for(tmp_path, dataset=str(tmp_path / "t.csv"), folds=3)
    ends = [train_fold(plan, k) for k in range(3)]
    assert {result.status for result in ends} == {Status.COMPLETED}
    assert len({plan.data(k).input_shape for k in range(3)}) > 1


def test_folders_of_images_are_streamed_fold_by_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = np.random.default_rng(0)
    for name, level in [("dark", 60), ("light", 200)]:
        (tmp_path / "photos" / name).mkdir(parents=True)
        for n in range(14):
            pixels = dice.integers(level - 40, level + 40, (8, 8)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{n}.png")
    monkeypatch.setattr("data.dataset.IN_MEMORY_BYTES", 0)
    plan = plan_for(tmp_path, dataset=str(tmp_path / "photos"), model="mlp", folds=2)
    ends = [train_fold(plan, k) for k in range(2)]
    assert {result.status for result in ends} == {Status.COMPLETED}


def test_repeats_divide_in_other_ways() -> None:
    dataset = load_dataset("wine")
    folds = [dataset.fold(k, 3, repeats=2) for k in range(6)]
    whole = dataset.train.join(dataset.validation).x
    for division in (folds[:3], folds[3:]):
        parts = np.concatenate([fold.validation.x for fold in division])
        assert sorted(parts.tolist()) == sorted(whole.tolist())
    firsts = [sorted(fold.validation.x.tolist()) for fold in folds]
    assert firsts[0] not in firsts[3:]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_number_of_workers_makes_no_difference(tmp_path: Path) -> None:
    for workers in ("1", "3"):
        options = ("--workers", workers, "--run", workers, "--runs-dir", str(tmp_path))
        longer = ("--max-trials", "9", "--max-epochs", "5")
        assert run_program("tune.py", *SMALL, *longer, *options, seconds=180).returncode == 0
    assert results(tmp_path / "1") == results(tmp_path / "3")
