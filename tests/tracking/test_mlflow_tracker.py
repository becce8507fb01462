"""What MLflow has of a search, read back by its own client."""

import json

import pytest

from tests.tracking.conftest import Tracked

pytestmark = [pytest.mark.extras, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def client(tracked: Tracked):
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{tracked.runs / 'mlflow.db'}")


@pytest.fixture(scope="module")
def runs(client) -> dict:
    """The runs of the experiment by their names."""
    found = client.search_runs([client.get_experiment_by_name("digits").experiment_id])
    runs = {run.info.run_name: run for run in found}
    assert len(runs) == len(found)
    return runs


def test_a_search_is_a_run_and_each_trial_a_child_of_it(tracked: Tracked, runs: dict) -> None:
    assert runs.keys() == {"a", *tracked.trials}
    parents = {runs[name].data.tags["mlflow.parentRunId"] for name in tracked.trials}
    assert parents == {runs["a"].info.run_id}


def test_every_curve_is_there_to_its_last_value_and_once(
    tracked: Tracked, client, runs: dict
) -> None:
    for name, trial in tracked.trials.items():
        for metric in ("val_loss", "val_accuracy", "loss") if trial.curve else ():
            points = client.get_metric_history(runs[name].info.run_id, metric)
            expected = [(step, metrics[metric]) for step, metrics in enumerate(trial.curve, 1)]
            assert [(point.step, point.value) for point in points] == expected


def test_ends_have_their_causes(tracked: Tracked, runs: dict) -> None:
    assert {trial.status for trial in tracked.trials.values()} >= {"completed", "failed"}
    for name, trial in tracked.trials.items():
        tags = runs[name].data.tags
        assert (tags["status"], tags["cause"]) == (trial.status, trial.cause)
        assert tags.get("reason", "") == trial.reason
        assert runs[name].info.status == ("FAILED" if trial.status == "failed" else "FINISHED")
        assert runs[name].data.params == {key: str(value) for key, value in trial.values.items()}
        assert runs[name].data.metrics.get("score") == trial.score


def test_the_search_has_config_findings_and_the_best_model(
    tracked: Tracked, client, runs: dict, tmp_path
) -> None:
    search = runs["a"]
    assert search.info.status == "FINISHED"
    assert search.data.params["strategy"] == "grid"
    assert search.data.metrics["val_accuracy"] == tracked.record.best.score
    findings = json.loads((tracked.runs / "a/findings.json").read_text())
    assert all(one["text"] in search.data.tags["mlflow.note.content"] for one in findings)
    name = f"trial-{tracked.record.best.number:04d}.keras"
    copy = client.download_artifacts(search.info.run_id, f"model/{name}", str(tmp_path))
    with open(copy, "rb") as file:
        assert file.read() == (tracked.runs / "a/checkpoints" / name).read_bytes()


def test_what_is_printed_says_how_to_look(tracked: Tracked) -> None:
    uri = f"sqlite:///{tracked.runs / 'mlflow.db'}"
    assert f"mlflow: {uri}; to look: mlflow ui --backend-store-uri {uri} (after " in tracked.output
