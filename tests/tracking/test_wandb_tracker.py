"""What W&B's offline files and trackio's database have of a search."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tracking.conftest import Tracked

pytestmark = [pytest.mark.extras, pytest.mark.timeout(300)]


def records(path: Path) -> Iterator[Any]:
    """Read a .wandb file: a log of LevelDB's, behind 7 bytes of its own."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        part, at = data[at + 7 : at + 7 + size], at + 7 + size
        whole = part if kind in (1, 2) else whole + part
        if kind in (1, 4):
            yield Record.FromString(whole)


@pytest.fixture(scope="module")
def runs(tracked: Tracked) -> dict[str, dict[str, Any]]:
    """What each run of W&B has, by its name."""
    found: dict[str, dict[str, Any]] = {}
    for path in tracked.runs.glob("a/wandb/offline-run-*/*.wandb"):
        run: dict[str, Any] = {"history": [], "artifacts": [], "config": {}}
        for record in records(path):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                run["run"] = record.run
                said = record.run.config.update
                run["config"] |= {one.key: json.loads(one.value_json) for one in said}
            elif kind == "history":
                items = record.history.item
                run["history"].append(
                    {one.key or one.nested_key[0]: json.loads(one.value_json) for one in items}
                )
            elif kind == "exit":
                run["exit"] = record.exit.exit_code
            elif kind == "request" and record.request.HasField("log_artifact"):
                run["artifacts"].append(record.request.log_artifact.artifact)
            elif kind == "artifact":
                run["artifacts"].append(record.artifact)
        assert run["run"].display_name not in found
        found[run["run"].display_name] = run
    return found


def test_wandb_has_a_run_for_the_search_and_for_each_trial(tracked: Tracked, runs: dict) -> None:
    assert runs.keys() == {"a", *tracked.trials}
    assert {(run["run"].project, run["run"].run_group) for run in runs.values()} == {
        ("digits", "a")
    }


def test_wandb_has_every_curve_to_its_last_value_and_once(tracked: Tracked, runs: dict) -> None:
    for name, trial in tracked.trials.items():
        points = [(point["_step"], point["val_loss"]) for point in runs[name]["history"]]
        assert points == [(e, metrics["val_loss"]) for e, metrics in enumerate(trial.curve, 1)]


def test_wandb_has_ends_findings_and_the_best_model(tracked: Tracked, runs: dict) -> None:
    for name, trial in tracked.trials.items():
        assert list(runs[name]["run"].tags) == [trial.status, trial.cause]
        assert runs[name]["exit"] == (1 if trial.status == "failed" else 0)
        assert {key: runs[name]["config"][key] for key in trial.values} == trial.values
    findings = json.loads((tracked.runs / "a/findings.json").read_text())
    assert all(one["text"] in runs["a"]["run"].notes for one in findings)
    [artifact] = {one.name: one for one in runs["a"]["artifacts"]}.values()
    [file] = artifact.manifest.contents
    assert file.path == f"trial-{tracked.record.best.number:04d}.keras"


@pytest.fixture(scope="module")
def trackio_runs(tracked: Tracked) -> dict[str, Any]:
    """What trackio's database has: of each run its configuration and its logs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKIO_DIR", str(tracked.runs / "trackio"))
        import trackio
        from trackio.sqlite_storage import SQLiteStorage

        found = list(trackio.Api().runs("digits"))
        runs = {
            run.name: (run.config, SQLiteStorage.get_logs("digits", run.name, run_id=run.id))
            for run in found
        }
    assert len(runs) == len(found)
    return runs


def test_trackio_has_every_curve_to_its_last_value_and_once(
    tracked: Tracked, trackio_runs: dict
) -> None:
    assert trackio_runs.keys() == {"a", *(f"a-{name}" for name in tracked.trials)}
    for name, trial in tracked.trials.items():
        _, logs = trackio_runs[f"a-{name}"]
        points = [(one["step"], one["val_loss"]) for one in logs if "val_loss" in one]
        assert points == [(e, metrics["val_loss"]) for e, metrics in enumerate(trial.curve, 1)]


def test_trackio_has_ends_and_findings(tracked: Tracked, trackio_runs: dict) -> None:
    for name, trial in tracked.trials.items():
        config, _ = trackio_runs[f"a-{name}"]
        assert (config["status"], config["cause"]) == (trial.status, trial.cause)
        assert config.get("reason", "") == trial.reason
        assert {key: config[key] for key in trial.values} == trial.values
    findings = json.loads((tracked.runs / "a/findings.json").read_text())
    assert all(one["text"] in trackio_runs["a"][0]["findings"] for one in findings)
