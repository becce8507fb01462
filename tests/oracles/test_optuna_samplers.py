"""Optuna's samplers behind `--strategy optuna`, each of them."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

import tune
from data.errors import InputError
from tests.conftest import ROOT, SMALL
from tests.oracles import test_strategies
from tests.oracles.spaces import FINITE_SIZE, Asked, ask, finite_space, mixed_space, run
from tests.test_tune import ended, results, search
from tuner.oracles import ORACLES
from tuner.trials.ending import Cause
from tuner.trials.objective import Direction

pytestmark = pytest.mark.extras

SAMPLERS = ["tpe", "gp", "cmaes", "nsgaii", "qmc"]


@pytest.fixture(params=SAMPLERS)
def sampler(request: pytest.FixtureRequest) -> str:
    """Each sampler; gp only where PyTorch is, which no requirements file names."""
    name: str = request.param
    if name == "gp":
        pytest.importorskip("torch")
    return name


def bowl(values: dict[str, Any]) -> float:
    return sum(v if isinstance(v, int | float) else len(v) for v in values.values())


def test_a_finite_space_is_tried_once_each_and_then_ends(sampler: str) -> None:
    asked = ask("optuna", finite_space(), sampler=sampler)
    keys = [asked.strategy.space.key(values) for values in run(asked, bowl, 100)]
    assert len(keys) == len(set(keys)) == FINITE_SIZE


def every_scale() -> keras_tuner.HyperParameters:
    """Each kind of range, in branches, two of which have one name."""
    hp = mixed_space()
    hp.Float("late", 0.5, 1.0, sampling="reverse_log")
    hp.Float("tenfold", 1e-4, 1.0, step=10, sampling="log")
    hp.Int("late_steps", 8, 64, sampling="reverse_log")
    hp.Int("batch_size", 16, 256, step=2, sampling="log")
    hp.Int("units", 10, 50, step=10)
    hp.Choice("size", [16, 32, 64], ordered=True)
    hp.Choice("name", ["a", "b", "c"])
    return hp


def test_all_values_are_of_the_declared_ranges_and_those_of_closed_branches_are_absent(
    sampler: str,
) -> None:
    asked = ask("optuna", every_scale(), sampler=sampler)
    seen = run(asked, bowl, 16)
    for values in seen:
        for h, value in asked.strategy.space.complete(values):
            assert values[h.name] == value
            assert type(value) is type(h.default)
            if h.count is not None:
                assert value in h.values()
            else:
                assert h.low is not None
                assert h.high is not None
                assert h.low <= value <= h.high
        assert ("kernel" in values) == (values["kind"] == "cnn")
        assert ("dropout" in values) == (values["kind"] != "linear")
    assert len({str(values) for values in seen}) == 16


def outcomes(asked: Asked, trials: int, start: int = 0, lag: int = 3) -> list[dict[str, Any]]:
    """Run trials of which `lag` run at once; some fail, and some are pruned with a curve."""
    found = []
    for number in range(start, trials):
        if number >= lag:
            conclude(asked, number - lag)
        values = asked.propose(number)
        assert values is not None
        found.append(values)
    return found


def conclude(asked: Asked, number: int) -> None:
    score = bowl(asked.trials[number].values)
    asked.trials[number].curve = [{"score": score + 1}, {"score": math.nan}, {"score": score}]
    if number % 7 == 3:
        asked.conclude(number, Cause.DIVERGED)
    elif number % 5 == 2:
        asked.conclude(number, Cause.CURVE, score)
    else:
        asked.conclude(number, Cause.FINISHED, score)


def test_what_is_asked_follows_from_the_trials_alone(sampler: str) -> None:
    trials = 70 if sampler == "nsgaii" else 24  # Its first generation has 50.
    whole = ask("optuna", every_scale(), sampler=sampler)
    values = outcomes(whole, trials)
    resumed = ask("optuna", every_scale(), sampler=sampler)
    for number in range(trials - 4):
        resumed.replay(number, values[number])
    for number in range(trials - 4 - 3):
        conclude(resumed, number)
    assert outcomes(resumed, trials, start=trials - 4) == values[-4:]


def test_trials_that_end_out_of_order_are_told_in_their_order(sampler: str) -> None:
    first, second = (ask("optuna", mixed_space(), sampler=sampler) for _ in range(2))
    values = run(first, bowl, 14)
    for number, one in enumerate(values):
        second.replay(number, one)
    for number in reversed(range(14)):
        second.conclude(number, Cause.FINISHED, bowl(values[number]))
        if number == 7:
            second.strategy.suggest(14, second.known)
    assert second.strategy.suggest(14, second.known) == first.strategy.suggest(14, first.known)


@pytest.mark.parametrize(
    ("learner", "trials", "direction"),
    [("tpe", 30, "min"), ("tpe", 30, "max"), ("gp", 20, "max"), ("cmaes", 90, "max")],
)
def test_what_learns_finds_better_values_than_chance(
    learner: str, trials: int, direction: Direction
) -> None:
    if learner == "gp":
        pytest.importorskip("torch")
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Float("y", 1e-4, 1.0, sampling="log")
    sign = 1 if direction == "min" else -1

    def distance(values: dict[str, Any]) -> float:
        return sign * math.hypot(values["x"] - 0.7, math.log10(values["y"]) + 3)

    def total(strategy: str, **keywords: Any) -> float:
        found = 0.0
        for seed in range(3):
            asked = ask(strategy, hp, direction, seed=seed, **keywords)
            run(asked, distance, trials)
            found += sign * asked.best.known_score
        return found

    assert total("optuna", sampler=learner) < total("random")


def test_a_running_trial_keeps_others_away() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    asked = ask("optuna", hp)
    for number in range(20):
        asked.replay(number, {"x": number / 20}, (number / 20 - 0.5) ** 2)
    alone = asked.strategy.suggest(23, asked.known)
    assert alone is not None
    for number in range(20, 23):
        asked.replay(number, alone)
    beside = asked.strategy.suggest(23, asked.known)
    assert beside is not None
    assert beside != alone


def test_a_stock_tuner_has_it_as_an_oracle_and_resumes(tmp_path: Path) -> None:
    test_strategies.test_a_stock_tuner_discovers_a_space_and_resumes("optuna", tmp_path)


def test_an_unknown_sampler_is_refused() -> None:
    with pytest.raises(InputError, match=r"sampler out of tpe, .* Received: sampler='grid'"):
        ORACLES["optuna"](objective="val_loss", sampler="grid", seed=0)


def test_a_search_that_was_killed_ends_like_one_that_nobody_disturbed(
    sampler: str, tmp_path: Path
) -> None:
    options = ["--strategy", "optuna", "--sampler", sampler, "--max-trials", "7", "--seed", "3"]
    options += ["--role", "depth=fixed", "--role", "width=fixed"]  # One model to be traced.
    words = [sys.executable, "tune.py", *SMALL, *options, "--runs-dir", str(tmp_path)]
    process = subprocess.Popen([*words, "--run", "killed"], cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (tmp_path / "killed/journal.jsonl").exists() and len(ended(tmp_path / "killed")) >= 3:
            break
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 3 <= len(ended(tmp_path / "killed")) < 7
    assert tune.main(["--run", "killed", "--runs-dir", str(tmp_path)]) == 0
    assert search(tmp_path, "--run", "whole", *options) == 0
    assert results(tmp_path / "killed") == results(tmp_path / "whole")
