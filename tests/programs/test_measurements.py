"""`tune.py --find-learning-rate` and `--probe-batch-size` as people run them."""

import json
import shlex
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tune
from tests.conftest import SMALL, FinishedSearch
from tuner.command_line.options import search_parser
from tuner.command_line.settings import Fix, Range
from tuner.measuring.throughput import Throughput, proposed_batch_size


def probe(runs: Path, *options: str) -> int:
    return tune.main(["--dataset", "wine", "--folds", "0", "--runs-dir", str(runs), *options])


def next_command(printed: str) -> list[str]:
    return shlex.split(printed.splitlines()[-1].removeprefix("Next: "))


def test_a_learning_rate_and_a_range_are_proposed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert probe(tmp_path, "--find-learning-rate", "--run", "a") == 0
    found = json.loads((tmp_path / "a" / "learning_rate.json").read_text())
    assert 1e-5 <= found["low"] < found["learning_rate"] < found["high"] <= 1e-1
    assert set(found["curve"]) == {"learning_rate", "loss", "smoothed"}
    assert len({len(column) for column in found["curve"].values()}) == 1
    assert (tmp_path / "a" / "learning_rate.png").read_bytes().startswith(b"\x89PNG")
    events = EventAccumulator(str(tmp_path / "a" / "tensorboard" / "learning_rate"))
    assert events.Reload().Tags()["images"] == ["learning_rate"]
    given = search_parser().given(next_command(capsys.readouterr().out)[2:])
    assert given["range"] == (Range("learning_rate", f"{found['low']:g}", f"{found['high']:g}"),)
    assert given["dataset"] == "wine"


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert probe(tmp_path, "--find-learning-rate", "--run", name) == 0
    found = [(tmp_path / name / "learning_rate.json").read_text() for name in ("a", "b")]
    assert found[0] == found[1]


def test_a_search_may_follow_in_the_same_run(tmp_path: Path) -> None:
    assert tune.main([*SMALL, "--runs-dir", str(tmp_path), "--run", "search"]) == 0
    assert probe(tmp_path, "--find-learning-rate", "--run", "a", "--max-epochs", "3") == 0
    assert (tmp_path / "latest").resolve().name == "search"
    assert tune.main(["--runs-dir", str(tmp_path), "--run", "a", "--max-trials", "2"]) == 0
    assert (tmp_path / "latest").resolve().name == "a"
    assert (tmp_path / "a" / "learning_rate.json").exists()


def test_a_search_that_was_there_stays_as_it_is(finished: FinishedSearch) -> None:
    kept = [finished.path / name for name in ("config.json", "journal.jsonl", "trials.csv")]
    before = [path.read_bytes() for path in kept]
    place = ("--runs-dir", str(finished.runs), "--run", "small")
    assert tune.main([*place, "--find-learning-rate"]) == 0
    assert [path.read_bytes() for path in kept] == before


def test_a_batch_size_is_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(tmp_path, "--probe-batch-size", "--run", "a") == 0
    written = json.loads((tmp_path / "a" / "batch_size.json").read_text())
    sizes = [one["batch_size"] for one in written["measured"]]
    assert sizes == [16 * 2**i for i in range(len(sizes))]
    assert sizes[-1] <= 124
    assert written["batch_size"] in sizes
    printed = capsys.readouterr().out
    assert "examples/s" in printed
    given = search_parser().given(next_command(printed)[2:])
    assert given["fix"] == (Fix("batch_size", str(written["batch_size"])),)


def test_the_proposed_batch_size_is_the_smallest_of_the_fast_ones() -> None:
    speeds = [(16, 100.0), (32, 190.0), (64, 280.0), (128, 290.0), (256, None)]
    assert proposed_batch_size([Throughput(*one) for one in speeds]) == 64


def test_only_one_measurement_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        probe(tmp_path, "--find-learning-rate", "--probe-batch-size")
    assert stop.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_clipped_gradients_are_an_option_of_the_model() -> None:
    from tuner.command_line.options import SearchOptions
    from tuner.setup.preparation import prepare

    clipped = prepare(SearchOptions(dataset="wine", fix=(Fix("clip_norm", "1.5"),)))
    assert clipped.build(clipped.default_hyperparameters()).optimizer.global_clipnorm == 1.5
    usual = prepare(SearchOptions(dataset="wine"))
    assert usual.build(usual.default_hyperparameters()).optimizer.global_clipnorm is None
