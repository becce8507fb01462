"""A project that stock KerasTuner wrote, as a source."""

import json
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from data.errors import InputError
from tests.setup.sources.spaces import OBJECTIVE, SPACE, declared
from tuner.oracles.knowledge import best_points
from tuner.setup.other_searches import sources_of
from tuner.setup.sources.source import Source
from tuner.trials.objective import Objective

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")


class Crash(BaseException):
    """Ends a search in the middle of a trial."""


class Stock(keras_tuner.RandomSearch):
    """Trials that report two metrics an epoch; the third fails, and the last never ends."""

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        hp = trial.hyperparameters
        for name in ("learning_rate", "width"):
            hp.get(name)
        hp.Int("units", 1, 9)  # Declared late, and not of our search.
        if trial.trial_id == "2":
            raise keras_tuner.errors.FailedTrialError("no")
        for step in range(3):
            accuracy = hp.get("width") / 200 + step / 100 - hp.get("learning_rate")
            metrics = {"val_loss": 1.0 - accuracy / 2, "val_accuracy": accuracy}
            self.oracle.update_trial(trial.trial_id, metrics, step=step)
        if trial.trial_id == "7":
            raise Crash
        return None


def project(folder: Path, **settings: Any) -> Path:
    """Have KerasTuner search, until the eighth trial is interrupted."""
    tuner = Stock(
        hypermodel=lambda hp: None,
        objective=keras_tuner.Objective("val_accuracy", "max"),
        max_trials=9,
        seed=1,
        hyperparameters=declared(),
        directory=str(folder),
        project_name="stock",
        **settings,
    )
    with pytest.raises(Crash):
        tuner.search(verbose=0)
    return folder / "stock"


def read(folder: Path, objective: Objective = OBJECTIVE) -> Source:
    [source] = sources_of([str(folder)], folder.parent / "run", SPACE, objective)
    return source


def test_its_trials_are_read_with_their_ends(tmp_path: Path) -> None:
    source = read(project(tmp_path))
    statuses = [trial.status for trial in source.trials]
    assert statuses == ["completed"] * 2 + ["failed"] + ["completed"] * 4
    assert source.objective == OBJECTIVE
    states = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("stock/*/trial.json"))]
    assert [trial.score for trial in source.trials] == [one["score"] for one in states[:7]]
    assert source.differences(SPACE) == "left out, since not of this search: units"


def test_its_best_is_tried(tmp_path: Path) -> None:
    source = read(project(tmp_path))
    best = max((t for t in source.trials if t.score is not None), key=lambda t: t.score or 0.0)
    wanted = {name: value for name, value in best.values.items() if name != "units"}
    assert best_points([source.knowledge(OBJECTIVE)], SPACE, OBJECTIVE.sign) == [wanted]
    # For a search for the least, the scores are turned.
    least = Objective("val_loss", "min")
    assert best_points([source.knowledge(least)], SPACE, least.sign) == [wanted]


def test_damaged_files_are_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path)
    (folder / "oracle.json").write_text("")
    (folder / "trial_1/trial.json").write_text('{"trial_id": "1"')
    assert len(read(folder).trials) == 6
    assert "trial_1/trial.json is damaged and is left out" in capsys.readouterr().err


def test_short_trials_of_hyperband_count_as_pruned(tmp_path: Path) -> None:
    folder = project(tmp_path)
    for path in folder.glob("trial_[0-4]/trial.json"):
        trial = json.loads(path.read_text())
        trial["hyperparameters"]["values"]["tuner/epochs"] = (
            2 if path.parent.name < "trial_3" else 6
        )
        path.write_text(json.dumps(trial))
    for path in folder.glob("trial_[5-7]/trial.json"):
        path.unlink()
    assert [trial.status for trial in read(folder).trials] == [
        *("pruned", "pruned", "failed", "completed", "completed")
    ]


def test_a_project_without_a_completed_trial_is_one_line(tmp_path: Path) -> None:
    folder = project(tmp_path)
    for path in folder.glob("trial_*/trial.json"):
        path.write_text(path.read_text().replace("COMPLETED", "FAILED"))
    with pytest.raises(InputError, match="8 trials of which none has completed"):
        read(folder)


def test_scores_without_their_metric_are_one_line(tmp_path: Path) -> None:
    folder = project(tmp_path)
    for path in folder.glob("trial_*/trial.json"):
        trial = json.loads(path.read_text())
        path.write_text(json.dumps(trial | {"score": 7.0}))
    with pytest.raises(InputError, match="received val_loss, val_accuracy"):
        read(folder)
