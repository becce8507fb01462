"""The event files, as a real TensorBoard serves them over HTTP."""

import dataclasses
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras_tuner
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

import train
from tests.conftest import FinishedSearch
from tests.findings.searches import branching_record, record_of
from tuner.reporting.tensorboard import TensorBoardReporter
from tuner.space.by_name import by_name
from tuner.trials.record import SearchRecord


@pytest.fixture(scope="module")
def server(finished: FinishedSearch) -> Iterator[str]:
    place = ["--runs-dir", str(finished.runs), "--run", "small"]
    assert train.main([*place, "--max-epochs", "2"]) == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tensorboard.main"),
            *("--logdir", finished.path, "--port", str(port), "--host", "127.0.0.1"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}/"
    process.terminate()
    process.wait()


def get(url: str) -> Any:
    """Ask until TensorBoard is up and has read the files."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                content = json.load(answer)
            if content:
                return content
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing at {url}")
        time.sleep(0.3)


def post(url: str, content: dict[str, Any]) -> Any:
    request = urllib.request.Request(url, json.dumps(content).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_each_trial_has_a_point_an_epoch(server: str) -> None:
    tags = get(server + "data/plugin/scalars/tags")
    trials = {run for run in tags if run.startswith("tensorboard/trial-")}
    assert len(trials) == 3
    for run in trials:
        assert {"loss", "val_loss", "val_accuracy", "learning_rate", "score"} <= set(tags[run])
        query = urllib.parse.urlencode({"run": run, "tag": "val_accuracy"})
        points = get(f"{server}data/plugin/scalars/scalars?{query}")
        assert [step for _, step, _ in points] == [1, 2, 3]


def test_the_hparams_dashboard_has_the_declared_domains(server: str) -> None:
    get(server + "data/plugin/scalars/tags")
    experiment = post(server + "data/plugin/hparams/experiment", {"experimentName": ""})
    domains = {info["name"]: info for info in experiment["hparamInfos"]}
    rate = domains["learning_rate"]["domainInterval"]
    assert rate == {"minValue": 3e-4, "maxValue": 0.03}
    assert domains["batch_size"]["domainDiscrete"][0] == 16
    names = [info["name"]["tag"] for info in experiment["metricInfos"]]
    assert names[0] == "score"


def test_every_trial_is_a_row_of_the_hparams_dashboard(server: str) -> None:
    get(server + "data/plugin/scalars/tags")
    request = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_RUNNING"],
        "colParams": [{"metric": {"tag": "score", "group": ""}}],
        "startIndex": 0,
        "sliceSize": 100,
    }
    groups = post(server + "data/plugin/hparams/session_groups", request)["sessionGroups"]
    assert len(groups) == 3
    assert all(group["hparams"]["batch_size"] >= 16 for group in groups)
    assert all("metricValues" in group for group in groups)


def test_the_final_training_has_a_picture(server: str) -> None:
    images = get(server + "data/plugin/images/tags")
    assert "predictions" in images["train/tensorboard/test"]


def domains_of(record: SearchRecord, folder: Path) -> dict[str, Any]:
    """Return what the event files say of each hyperparameter."""
    reporter = TensorBoardReporter()
    reporter.search_started(dataclasses.replace(record, run=folder))
    reporter.close()
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    content = events.summary_metadata["_hparams_/experiment"].plugin_data.content
    experiment = plugin_data_pb2.HParamsPluginData.FromString(content).experiment
    return {info.name: info for info in experiment.hparam_infos}


def test_a_name_that_is_declared_twice_has_one_domain_with_all_its_values(tmp_path: Path) -> None:
    domains = domains_of(branching_record(3), tmp_path)
    assert list(domains)[:3] == ["optimizer", "learning_rate", "layers"]
    momentum = domains["momentum"].domain_interval
    assert (momentum.min_value, momentum.max_value) == (0.0, 1.0)
    assert [v.bool_value for v in domains["nesterov"].domain_discrete.values] == [False, True]


def test_values_without_a_common_kind_and_long_ranges_of_steps_are_no_lists(tmp_path: Path) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Int("units", 8, 100_000)
    hp.Boolean("deep")
    with hp.conditional_scope("deep", [True]):
        hp.Choice("size", ["small", "large"])
    with hp.conditional_scope("deep", [False]):
        hp.Int("size", 1, 3)
    record = record_of([], space=by_name(hp.get_config()["space"]))
    domains = domains_of(record, tmp_path)
    assert domains["units"].domain_interval.max_value == 100_000
    assert domains["size"].WhichOneof("domain") is None


def test_a_trial_without_a_hyperparameter_logs_none(tmp_path: Path) -> None:
    record = dataclasses.replace(branching_record(3), run=tmp_path)
    reporter = TensorBoardReporter()
    reporter.search_started(record)
    for trial in record.history.trials.values():
        reporter.trial_started(trial)
        reporter.trial_ended(trial)
    for number, trial in record.history.trials.items():
        folder = tmp_path / "tensorboard" / f"trial-{number:04d}"
        metadata = EventAccumulator(str(folder)).Reload().summary_metadata
        content = metadata["_hparams_/session_start_info"].plugin_data.content
        info = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
        assert set(info.hparams) == set(trial.values)
