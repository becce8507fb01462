"""MLflow: an experiment for the data, a parent run for the search, a child run for each trial."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner.tracking.tracker import Epoch, Outcome, Subject, Tracker, ending, run_directory
from tuner.trials.ending import Status
from tuner.trials.trial import Trial

# The tag by which the runs of a search are found again.
KEY = "search_key"
# MLflow's words for what becomes of a run: a pruned trial has ended as it should.
ENDS = {Status.COMPLETED: "FINISHED", Status.PRUNED: "FINISHED", Status.FAILED: "FAILED"}
# It takes so many metrics, and so many parameters, at once; and so long ones.
MOST, MOST_PARAMETERS, LONGEST = 1000, 100, 6000


class Mlflow(Tracker):
    """Writes into one database for all runs, unless ``MLFLOW_TRACKING_URI`` names a place."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        import mlflow

        self._entities = mlflow.entities
        self._client = mlflow.MlflowClient(_uri(run_directory(subject.record)))
        # The ids of runs, by what they are called; the search's own is called nothing.
        self._runs: dict[str, str] = {}
        self._running: set[str] = set()

    @classmethod
    def place(cls, run: Path) -> str:
        uri = _uri(run)
        if "://" in uri and not uri.startswith("sqlite"):
            return uri
        return f"{uri}; to look: mlflow ui --backend-store-uri {uri} (after pip install mlflow)"

    def start(self) -> None:
        client, subject = self._client, self.subject
        found = client.get_experiment_by_name(subject.project)
        local = "MLFLOW_TRACKING_URI" not in os.environ
        files = (
            (_folder(run_directory(subject.record)) / "mlflow-artifacts").as_uri()
            if local
            else None
        )
        self._experiment = found or client.get_experiment(
            client.create_experiment(subject.project, files)
        )
        self._runs = self._earlier()
        self._search = self._open("", {})
        self._describe(self._search, subject.config)
        client.log_dict(self._search, dict(subject.record.config), "config.json")

    def start_trial(self, trial: Trial, time: float, known: int) -> int:
        name = self.subject.child(trial.number)
        self._describe(self._open(name, {"mlflow.parentRunId": self._search}, time), trial.values)
        return known

    def log(self, trial: Trial, epochs: Sequence[Epoch]) -> None:
        metrics = [
            self._entities.Metric(name, value, round(1000 * epoch.time), epoch.number)
            for epoch in epochs
            for name, value in epoch.metrics.items()
        ]
        for first in range(0, len(metrics), MOST):
            self._client.log_batch(self._id(trial), metrics[first : first + MOST])

    def end_trial(self, trial: Trial, time: float) -> None:
        run, said = self._id(trial), ending(trial)
        self._describe(run, trial.values)
        self._measure(run, said, time, trial.epochs)
        words = {name: value for name, value in said.items() if isinstance(value, str)}
        tags = [self._entities.RunTag(name, value[:LONGEST]) for name, value in words.items()]
        self._client.log_batch(run, tags=tags)
        self._client.set_terminated(run, ENDS[trial.status], round(1000 * time))
        self._running.remove(run)

    def end(self, outcome: Outcome) -> None:
        client, run = self._client, self._search
        self._measure(run, outcome.numbers, outcome.time, outcome.trials)
        if outcome.notes:
            client.set_tag(run, "mlflow.note.content", outcome.notes)
        if outcome.model is not None:
            client.log_artifact(run, str(outcome.model), "model")
        for one in self._running:
            client.set_terminated(one, "FINISHED" if outcome.finished else "KILLED")

    def _id(self, trial: Trial) -> str:
        return self._runs[self.subject.child(trial.number)]

    def _earlier(self) -> dict[str, str]:
        """Return the ids of the runs that an earlier part has made."""
        found: dict[str, str] = {}
        token, where = None, f"tags.{KEY} = '{self.subject.key}'"
        while token != "":
            page = self._client.search_runs(
                [self._experiment.experiment_id], where, page_token=token
            )
            for run in page:
                trial = "mlflow.parentRunId" in run.data.tags
                found[run.info.run_name if trial else ""] = run.info.run_id
            token = page.token or ""
        return found

    def _open(self, name: str, tags: dict[str, str], time: float | None = None) -> str:
        """Return the id of a run that goes on: a new one, or one of an earlier part."""
        if name in self._runs:
            self._client.update_run(self._runs[name], "RUNNING")
        else:
            run = self._client.create_run(
                self._experiment.experiment_id,
                run_name=name or self.subject.name,
                start_time=None if time is None else round(1000 * time),
                tags=tags | {KEY: self.subject.key},
            )
            self._runs[name] = run.info.run_id
        self._running.add(self._runs[name])
        return self._runs[name]

    def _describe(self, run: str, values: dict[str, Any]) -> None:
        """Log values as parameters, those that are not there: a parameter never changes."""
        there = self._client.get_run(run).data.params
        params = [
            self._entities.Param(name, str(value)[:LONGEST])
            for name, value in values.items()
            if name not in there
        ]
        for first in range(0, len(params), MOST_PARAMETERS):
            self._client.log_batch(run, params=params[first : first + MOST_PARAMETERS])

    def _measure(self, run: str, said: Mapping[str, Any], time: float, step: int) -> None:
        """Log the numbers among what is said, as metrics with a single value."""
        numbers = {name: value for name, value in said.items() if isinstance(value, int | float)}
        now, metric = round(1000 * time), self._entities.Metric
        self._client.log_batch(run, [metric(name, v, now, step) for name, v in numbers.items()])


def _folder(run: Path) -> Path:
    return run.absolute().parent


def _uri(run: Path) -> str:
    return os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{_folder(run) / 'mlflow.db'}")
