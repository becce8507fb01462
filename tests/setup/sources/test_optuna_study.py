"""A study that Optuna wrote, as a source."""

from pathlib import Path
from typing import Any

import pytest

from data.errors import InputError
from tests.setup.sources.spaces import OBJECTIVE, SPACE
from tuner.setup.other_searches import sources_of

pytestmark = pytest.mark.extras


def run(trial: Any) -> float:
    """Fail, be pruned, or score."""
    import optuna

    rate = trial.suggest_float("learning_rate", 1e-5, 1.0, log=True)
    width = trial.suggest_int("width", 32, 96, step=32)
    trial.suggest_categorical("schedule", ["constant", "linear", None])
    trial.suggest_float("momentum", 0.0, 1.0)
    if trial.number == 3:
        raise ValueError
    if trial.number == 4:
        trial.report(0.5, 1)
        raise optuna.TrialPruned
    return width - rate


@pytest.fixture
def storage(tmp_path: Path) -> str:
    import optuna

    url = f"sqlite:///{tmp_path}/study.db"
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(
        storage=url, study_name="mine", direction="maximize", sampler=sampler
    )
    study.optimize(run, n_trials=12, catch=(ValueError,))
    study.ask()
    return url


@pytest.mark.parametrize("end", ["", "#mine"])
def test_its_trials_are_read_with_their_ends(storage: str, end: str, tmp_path: Path) -> None:
    import optuna

    [source] = sources_of([f"optuna:{storage}{end}"], tmp_path / "run", SPACE, OBJECTIVE)
    assert [trial.status for trial in source.trials].count("completed") == 10
    assert (source.trials[3].status, source.trials[3].score) == ("failed", None)
    assert (source.trials[4].status, source.trials[4].score) == ("pruned", 0.5)
    assert len(source.trials) == 12
    study = optuna.load_study(study_name="mine", storage=storage)
    best = max(trial.score for trial in source.trials if trial.score is not None)
    assert (best, source.objective.direction) == (study.best_value, "max")
    kinds = {one["config"]["name"]: one["class_name"] for one in source.space["space"]}
    assert kinds["learning_rate"] == kinds["momentum"] == "Float"
    assert (kinds["width"], kinds["schedule"]) == ("Int", "Choice")
    told = source.differences(SPACE)
    assert "left out, since not of this search: momentum" in told
    assert "taken for the default, since not there: bias, dropout" in told
    assert "trials left out, whose schedule is no choice here" in told


def test_what_is_no_study_is_one_line(storage: str, tmp_path: Path) -> None:
    import optuna

    optuna.create_study(storage=storage, study_name="two", directions=["minimize", "maximize"])
    optuna.create_study(storage=storage, study_name="empty")
    (tmp_path / "text.db").write_text("no data base")
    for place, expected in [
        (f"sqlite:///{tmp_path}/none.db#mine", "there is no file"),
        (f"sqlite:///{tmp_path}/text.db#mine", "expected an Optuna storage"),
        ("nothing", "expected an Optuna storage"),
        (storage, "expected one of its studies, after a #: mine, two, empty"),
        (f"{storage}#other", "expected one of its studies, after a #: mine, two, empty"),
        (f"{storage}#two", "expected a study with one objective, received 2"),
        (f"{storage}#empty", "0 trials of which none has completed"),
    ]:
        with pytest.raises(InputError, match=expected):
            sources_of([f"optuna:{place}"], tmp_path / "run", SPACE, OBJECTIVE)
    assert not (tmp_path / "none.db").exists()
