"""What Optuna has of a search, read back by Optuna: followed live, and written afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import tune
from tests.conftest import ROOT
from tests.test_tune import search
from tests.tracking.conftest import MODEL
from tuner.storage.journal import read_journal
from tuner.trials.record import SearchRecord, read_record
from tuner.trials.trial import Trial

pytestmark = pytest.mark.extras

STATES = {"completed": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> SearchRecord:
    """A search that Optuna follows, killed after some epochs, and resumed."""
    runs = tmp_path_factory.mktemp("runs")
    (runs / "model.py").write_text(MODEL)
    options = ["--dataset", "digits", "--model", f"{runs / 'model.py'}:build", "--folds", "0"]
    options += ["--max-epochs", "8", "--max-trials", "6", "--track", "optuna"]
    place = ["--run", "a", "--runs-dir", str(runs), "--executor", "serial"]
    began = subprocess.Popen([sys.executable, "tune.py", *options, *place], cwd=ROOT)
    while sum(e["event"] == "epoch" for e in read_journal(runs / "a/journal.jsonl").events) < 12:
        assert began.poll() is None
        time.sleep(0.05)
    time.sleep(1)  # It is told of a part.
    os.kill(began.pid, signal.SIGKILL)
    began.wait()
    assert tune.main(place) == 0
    return read_record(runs / "a")


def studied(url: str) -> list[Any]:
    import optuna

    study = optuna.load_study(study_name="a", storage=url)
    assert (study.direction.name, study.metric_names) == ("MAXIMIZE", ["val_accuracy"])
    return study.trials


def same(there: Any, trial: Trial) -> None:
    """Require of a trial there that it is one of the search, whole."""
    assert there.user_attrs["trial"] == trial.number
    assert there.state.name == STATES[trial.status]
    assert (there.value, there.params) == (trial.score, trial.values)
    assert there.user_attrs["cause"] == trial.cause
    assert there.user_attrs.get("reason", "") == trial.reason
    curve = {epoch: metrics["val_accuracy"] for epoch, metrics in enumerate(trial.curve, 1)}
    assert there.intermediate_values == curve


def test_a_resumed_search_goes_on_in_its_study_and_doubles_nothing(killed: SearchRecord) -> None:
    trials = studied(f"sqlite:///{killed.run}/optuna.db")
    assert len(trials) == len(killed.history.trials) == 6
    for there in trials:
        same(there, killed.history.trials[there.user_attrs["trial"]])
    assert {"completed", "failed"} <= {trial.status for trial in killed.history.ends}


def test_a_search_is_written_whole_and_once(
    killed: SearchRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    place = ["--run", "a", "--runs-dir", str(killed.run.parent)]
    for _ in range(2):
        assert tune.main(["--export-optuna", url, *place]) == 0
        assert f"6 trials: study a of {url}" in capsys.readouterr().out
    trials = studied(url)
    assert len(trials) == 6
    events = read_journal(killed.run / "journal.jsonl").events
    for there in trials:
        same(there, killed.history.trials[there.user_attrs["trial"]])
        times = [one["time"] for one in events if one.get("trial") == there.user_attrs["trial"]]
        assert there.datetime_start.timestamp() == pytest.approx(times[0])
        assert there.datetime_complete.timestamp() == pytest.approx(times[-1])


def test_what_is_written_can_be_started_from(killed: SearchRecord, tmp_path: Path) -> None:
    source = f"optuna:sqlite:///{killed.run}/optuna.db#a"
    model = ["--model", f"{killed.run.parent / 'model.py'}:build", "--dataset", "digits"]
    options = ["--max-trials", "2", "--start-from", source, *model]
    assert search(tmp_path, "--run", "b", *options) == 0
    best = killed.best
    assert best is not None
    trials = read_record(tmp_path / "b").history.trials
    assert best.values in [trials[0].values, trials[1].values]


def test_a_study_of_another_search_and_no_storage_are_one_line(
    killed: SearchRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import optuna

    url = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(storage=url, study_name="a", direction="maximize")
    trial = study.ask()
    trial.suggest_float("learning_rate", 7.0, 8.0)
    trial.set_user_attr("trial", 0)
    place = ["--run", "a", "--runs-dir", str(killed.run.parent)]
    for given, expected in [
        (["--export-optuna", url, *place], "belongs to another search: its trial 0 has"),
        (["--export-optuna", "nothing", *place], "expected an Optuna storage"),
        (["--export-optuna", url, "--run", "none"], "there is no search in"),
        (["--export-optuna", url, "--seed", "3"], "leave out --seed"),
    ]:
        assert tune.main(given) == 2
        error = capsys.readouterr().err
        assert expected in error
        assert error.count("\n") == 1


def test_the_place_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from tuner.tracking.optuna_tracker import Optuna

    place = Optuna.place(Path("/x/a"))
    assert "sqlite:////x/a/optuna.db; to look: optuna-dashboard " in place
    assert place.endswith("(after pip install optuna-dashboard)")
    monkeypatch.setenv("OPTUNA_STORAGE", "sqlite:///here.db")
    assert Optuna.place(Path("/x/a")).startswith("sqlite:///here.db; ")
