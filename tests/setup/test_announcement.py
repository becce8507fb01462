import shlex
from typing import Any

import keras_tuner
import pytest

from tests.findings.searches import branching
from tuner.command_line.options import SearchOptions, search_parser
from tuner.command_line.settings import Fix, Range, Role
from tuner.setup.announcement import budget_advice
from tuner.space.changes import adjusted_space
from tuner.space.cube import SearchSpace

ROLES = {"learning_rate": "nuisance", "batch_size": "nuisance", "depth": "scientific"}


def space(*, depth: bool = True) -> SearchSpace:
    hp = keras_tuner.HyperParameters()
    hp.Int("batch_size", 16, 512, step=2, sampling="log", default=32)
    if depth:
        hp.Int("depth", 1, 8, default=2)
        hp.Float("dropout", 0.1, 0.5, default=0.1)
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log", default=1e-3)
    hp.Fixed("clip_norm", 0.0)
    return SearchSpace(hp.get_config()["space"])


def given_in(advice: str) -> dict[str, Any]:
    """Return the options of the command that an advice ends with."""
    return search_parser().given(shlex.split(advice.partition(": python tune.py ")[2]))


@pytest.mark.parametrize(
    ("trials", "kept"),
    [
        (1, {"learning_rate"}),
        (9, {"learning_rate"}),
        (10, {"learning_rate", "depth"}),
        (24, {"learning_rate", "depth"}),
    ],
)
def test_a_small_budget_is_for_few_hyperparameters(trials: int, kept: set[str]) -> None:
    advice = budget_advice(SearchOptions(max_trials=trials), space(), ROLES)
    assert advice is not None
    assert advice.startswith(f"{trials} trials are few for 4 hyperparameters")
    given = given_in(advice)
    fixed = {fix.name for fix in given["fix"]}
    assert fixed == {"learning_rate", "depth", "batch_size", "dropout"} - kept
    assert Fix("batch_size", "32") in given["fix"]


@pytest.mark.parametrize("trials", [25, 100])
def test_enough_trials_get_no_advice(trials: int) -> None:
    assert budget_advice(SearchOptions(max_trials=trials), space(), ROLES) is None


def test_the_defaults_do_not_draw_our_own_warning() -> None:
    assert budget_advice(SearchOptions(), space(), ROLES) is None


def test_few_hyperparameters_get_no_advice() -> None:
    assert budget_advice(SearchOptions(max_trials=10), space(depth=False), ROLES) is None
    assert budget_advice(SearchOptions(max_trials=9), space(depth=False), ROLES) is not None


def test_the_command_keeps_the_options_and_replaces_what_it_fixes() -> None:
    options = SearchOptions(
        dataset="my data.csv",
        max_trials=9,
        range=(Range("batch_size", "16", "64"), Range("learning_rate", "0.001", "0.01")),
        deterministic=False,
        run="old",
        staged=True,
        time_limit=90.0,
    )
    advice = budget_advice(options, space(depth=False), ROLES)
    assert advice is not None
    assert given_in(advice) == {
        "dataset": "my data.csv",
        "max_trials": 9,
        "range": (Range("learning_rate", "0.001", "0.01"),),
        "fix": (Fix("batch_size", "32"),),
        "deterministic": False,
        "staged": True,
        "time_limit": 90.0,
    }


def test_without_stated_defaults_the_rest_is_held_in_the_middle_of_the_ranges() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("lr", 1e-4, 1e-2, sampling="log")
    hp.Int("units", 16, 64, step=16)
    hp.Float("narrow", 1.00001, 1.00002)
    hp.Float("dropout", 0.0, 0.5)
    searched = SearchSpace(hp.get_config()["space"])
    advice = budget_advice(SearchOptions(max_trials=4), searched, {"dropout": "scientific"})
    assert advice is not None
    fixed = {fix.name: float(fix.value) for fix in given_in(advice)["fix"]}
    assert fixed == {"lr": 0.001, "units": 48, "narrow": pytest.approx(1.000015)}


def test_what_the_defaults_leave_inactive_is_neither_kept_nor_fixed() -> None:
    searched = SearchSpace(branching().get_config()["space"])
    advice = budget_advice(SearchOptions(max_trials=10), searched, {"optimizer": "scientific"})
    assert advice is not None
    assert advice.startswith("10 trials are few for 14 hyperparameters")
    assert "enough for learning_rate and optimizer;" in advice
    given = given_in(advice)
    fixed = {fix.name: fix.value for fix in given["fix"]}
    # One layer leaves units_2 and what follows inactive; the optimizer is searched, and so opens
    # its branches, in two of which the momentum has a default of its own.
    assert fixed == {"layers": "1", "batch_size": "32", "beta": "0.9", "nesterov": "False"}
    assert given["role"] == (Role("momentum", "fixed"),)
    adjusted = adjusted_space(searched.declarations, given["fix"], (), ["momentum"])
    left = {h.name for h in SearchSpace(adjusted).free}
    assert left == {"learning_rate", "optimizer"}
