"""Run directories that an earlier version wrote (commit cf32adb): they resume, report and train.

Their journals tell no causes, their options are partly unresolved, and there was no --lag.
"""

import json
import shutil
from pathlib import Path

import pytest

import train
import tune
from tuner.storage.journal import read_journal
from tuner.trials.ending import Cause, Status
from tuner.trials.record import read_record

EARLIER = Path(__file__).parent / "earlier_runs"
RUNS = sorted(path.name for path in EARLIER.iterdir())


def copied(name: str, folder: Path) -> Path:
    """Return a run directory with what an earlier version left of it."""
    return Path(shutil.copytree(EARLIER / name, folder / name))


def resume(run: Path, *options: str) -> int:
    return tune.main(["--run", run.name, "--runs-dir", str(run.parent), *options])


def ended(run: Path) -> dict[int, tuple[str, object]]:
    trials = read_record(run).history.trials
    return {n: (t.status.value, t.score) for n, t in trials.items() if t.cause is not None}


@pytest.mark.parametrize("name", RUNS)
def test_it_goes_on_where_it_was(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(name, tmp_path)
    before = (run / "journal.jsonl").read_bytes()
    known = ended(run)
    assert resume(run, "--max-trials", str(len(known) + 1)) == 0
    assert "warning: an event" not in capsys.readouterr().err
    assert (run / "journal.jsonl").read_bytes().startswith(before)
    now = ended(run)
    assert {number: now[number] for number in known} == known
    assert len(now) == len(known) + 1


def test_one_that_was_killed_completes_what_it_had_begun(tmp_path: Path) -> None:
    run = copied("plain", tmp_path)
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    cut = next(i for i, line in enumerate(lines) if b'"trial_started","trial":5' in line) + 3
    (run / "journal.jsonl").write_bytes(b"".join(lines[:cut]) + lines[cut][:20])
    known = ended(run)
    assert 0 < len(known) < 8
    assert resume(run) == 0
    now = ended(run)
    assert {number: now[number] for number in known} == known
    assert sorted(now) == list(range(8))


def test_the_same_call_again_changes_nothing(tmp_path: Path) -> None:
    run = copied("plain", tmp_path)
    before = (run / "journal.jsonl").read_bytes()
    assert resume(run) == 0
    assert (run / "journal.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "options", "named"),
    [
        ("plain", ["--pruner", "none"], "--pruner"),
        ("plain", ["--seed", "7"], "seed"),
        ("plain", ["--lag", "8"], "--lag"),
        ("folds", ["--folds", "4"], "folds"),
        ("options", ["--range", "width=32:64"], "search space: width"),
    ],
)
def test_another_search_is_refused_with_the_difference_named(
    name: str,
    options: list[str],
    named: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = copied(name, tmp_path)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert resume(run, *options) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert "belongs to another search" in line
    assert named in line
    kept = {path.name: path.read_bytes() for path in run.iterdir() if path.name in before}
    assert kept == before


def test_it_reports_and_trains(tmp_path: Path) -> None:
    run = copied("plain", tmp_path)
    assert tune.main(["--report", str(run)]) == 0
    assert (run / "report.html").exists()
    assert json.loads((run / "findings.json").read_text())
    assert train.main(["--run", run.name, "--runs-dir", str(tmp_path)]) == 0
    assert (run / "train" / "model.keras").exists()


def test_its_trials_have_causes(tmp_path: Path) -> None:
    for name in RUNS:
        run = copied(name, tmp_path)
        assert not any("cause" in event for event in read_journal(run / "journal.jsonl").events)
        for trial in read_record(run).history.ends:
            wanted = {
                Status.COMPLETED: {Cause.FINISHED},
                Status.PRUNED: {Cause.CURVE, Cause.FOLDS},
                Status.FAILED: {Cause.DIVERGED},
            }
            assert trial.cause in wanted[trial.status]
