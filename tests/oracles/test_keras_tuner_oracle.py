"""Strategies as KerasTuner's oracles: the same points, under names that people expect."""

import pickle
import subprocess
import sys
from typing import Any

import keras_tuner
import pytest

import tuner.oracles
from tests.oracles.spaces import Asked, ask, make, mixed_space
from tuner.oracles import ORACLES
from tuner.oracles.grid import Grid
from tuner.trials.ending import Cause


@pytest.mark.parametrize("name", ORACLES)
def test_an_oracle_is_a_class_of_its_own_name(name: str) -> None:
    oracle = ORACLES[name]
    assert issubclass(oracle, keras_tuner.Oracle)
    assert getattr(tuner.oracles, oracle.__name__) is oracle
    assert pickle.loads(pickle.dumps(oracle)) is oracle
    assert oracle.__doc__ == oracle.strategy.__doc__


def test_names_are_imported_when_they_are_asked_for() -> None:
    heavy = ("keras_tuner", "keras", "tensorflow", "scipy")
    program = (
        "import sys, tuner.oracles, tuner.space.cube, tuner.space.changes, tuner.space.roles;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
    with pytest.raises(AttributeError, match="NoSuchOracle"):
        tuner.oracles.NoSuchOracle  # noqa: B018


@pytest.mark.parametrize("name", ORACLES)
def test_a_stock_tuner_gets_what_our_own_search_gets(name: str) -> None:
    """Of completed, pruned and failed trials, two at a time."""
    oracle = make(name, mixed_space(), max_trials=30, max_consecutive_failed_trials=None)
    asked = ask(name, mixed_space(), max_trials=30)
    for number in range(16):
        values = asked.propose(number)
        trial = oracle.create_trial(f"worker {number}")
        assert trial.hyperparameters.values == values
        if number > 0:
            _end(oracle, asked, number - 1)


def _end(oracle: Any, asked: Asked, number: int) -> None:
    cause = (Cause.FINISHED, Cause.FINISHED, Cause.CURVE, Cause.DIVERGED)[number % 4]
    score = None if cause is Cause.DIVERGED else float(number % 5)
    asked.conclude(number, cause, score)
    trial = oracle.get_trial(f"{number:04d}")
    if score is not None:
        oracle.update_trial(trial.trial_id, {"score": score})
    trial.status = cause.status.value.upper()
    oracle.end_trial(trial)


def test_an_oracle_takes_what_is_its_strategys_own() -> None:
    oracle = make("grid", mixed_space(), points_per_range=2, max_consecutive_failed_trials=None)
    grid = Asked(Grid(ask("grid", mixed_space()).strategy.space, 0, points_per_range=2))
    for number in range(8):
        assert oracle.create_trial(str(number)).hyperparameters.values == grid.propose(number)
    with pytest.raises(TypeError, match="points_per_range"):
        make("random", mixed_space(), points_per_range=2)
