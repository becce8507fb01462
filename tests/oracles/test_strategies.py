"""What holds for every strategy."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from tests.oracles.spaces import (
    FINITE_SIZE,
    Asked,
    FunctionTuner,
    ask,
    drive,
    finite_space,
    make,
    mixed_space,
    run,
    search_space,
)
from tuner.command_line.choices import STRATEGIES as CHOICES
from tuner.oracles import ORACLES
from tuner.oracles.grid import Grid
from tuner.oracles.keras_tuner_oracle import StrategyOracle

STRATEGIES = sorted(ORACLES)
SEEDED = [name for name in STRATEGIES if name != "grid"]


def bowl(values: dict[str, Any]) -> float:
    """A score that depends on every kind of value."""
    return sum(v if isinstance(v, int | float) else len(v) for v in values.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_finite_space_is_tried_once_each_and_then_ends(strategy: str) -> None:
    asked = ask(strategy, finite_space())
    keys = [asked.strategy.space.key(v) for v in run(asked, bowl, 100)]
    assert len(keys) == len(set(keys)) == FINITE_SIZE


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_mixed_spaces_give_active_values_of_the_declared_kinds(strategy: str) -> None:
    for values in run(ask(strategy, mixed_space()), bowl, 16):
        assert 1e-5 <= values["learning_rate"] <= 1e-1
        assert isinstance(values["width"], int)
        assert isinstance(values["bias"], bool)
        assert values["epochs"] == 7
        assert ("kernel" in values) == (values["kind"] == "cnn")
        assert ("dropout" in values) == (values["kind"] != "linear")


@pytest.mark.parametrize("strategy", SEEDED)
def test_seeds_are_distinct_and_repeatable(strategy: str) -> None:
    runs = {seed: run(ask(strategy, mixed_space(), seed=seed), bowl, 14) for seed in (0, 42, 47)}
    for seed, values in runs.items():
        assert run(ask(strategy, mixed_space(), seed=seed), bowl, 14) == values
    for a, b in [(0, 42), (0, 47), (42, 47)]:
        assert not [v for v in runs[a][:8] if v in runs[b][:8]]


@pytest.mark.parametrize("strategy", SEEDED)
def test_no_seed_draws_one_that_repeats_the_search(strategy: str) -> None:
    drawn = make(strategy, mixed_space(), seed=None)
    again = make(strategy, mixed_space(), seed=drawn.seed)
    assert drive(drawn, bowl, 5) == drive(again, bowl, 5)
    assert make(strategy, mixed_space(), seed=None).seed != drawn.seed


@pytest.mark.parametrize("strategy", [name for name, one in CHOICES.items() if one.independent])
def test_what_needs_no_results_suggests_the_same_without_them(strategy: str) -> None:
    waiting, free = (ask(strategy, finite_space()) for _ in range(2))
    values = run(waiting, bowl, 20)
    assert [free.propose(number) for number in range(20)] == values


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_replayed_search_goes_on_as_the_first_would_have(strategy: str) -> None:
    whole = run(ask(strategy, mixed_space(), max_trials=500), bowl, 16)
    resumed = ask(strategy, mixed_space(), max_trials=1000)
    for number, values in enumerate(whole[:12]):
        resumed.replay(number, values, bowl(values))
    assert run(resumed, bowl, 16, start=12) == whole[12:]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_stated_defaults_come_first_and_once(strategy: str) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("a", [1, 2, 3], default=2)
    hp.Boolean("b")
    values = run(ask(strategy, hp), bowl, 20)
    assert values[0] == {"a": 2, "b": False}
    assert len(values) == 6


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_stock_tuner_discovers_a_space_and_resumes(strategy: str, tmp_path: Path) -> None:
    def function(hp: Any) -> float:
        layers = hp.Int("layers", 1, 3, default=2)
        return float(sum(hp.Float(f"x{i}", -1.0, 1.0, default=0.5) ** 2 for i in range(layers)))

    first = FunctionTuner(make(strategy, max_trials=8), function, tmp_path)
    first.search(verbose=0)
    assert len(first.oracle.trials) == 8
    assert first.oracle.get_best_trials()[0].score <= 0.5
    second = FunctionTuner(make(strategy, max_trials=11), function, tmp_path)
    second.search(verbose=0)
    assert sorted(second.oracle.trials) == [f"{i:04d}" for i in range(11)]
    unbroken = FunctionTuner(make(strategy, max_trials=11), function, tmp_path / "other")
    unbroken.search(verbose=0)
    for trial_id, trial in unbroken.oracle.trials.items():
        assert trial.hyperparameters.values == second.oracle.trials[trial_id].hyperparameters.values


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_four_workers_never_share_a_point(strategy: str) -> None:
    oracle = make(strategy, finite_space(), max_trials=30)
    running = {f"worker{i}": oracle.create_trial(f"worker{i}") for i in range(4)}
    keys = []
    while running:
        worker, trial = min(running.items(), key=lambda item: hash(item[1].trial_id) % 7)
        keys.append(search_space(finite_space()).key(trial.hyperparameters.values))
        oracle.update_trial(trial.trial_id, {"score": bowl(trial.hyperparameters.values)})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
        running[worker] = oracle.create_trial(worker)
        if running[worker].status == "STOPPED":
            del running[worker]
    assert len(keys) == len(set(keys)) == 30


def end(oracle: StrategyOracle, score: float, worker: str = "w") -> Any:
    """Run a worker's next trial as a stock tuner does; return what became of it."""
    trial = oracle.create_trial(worker)
    oracle.update_trial(trial.trial_id, {"score": score})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    return oracle.get_trial(trial.trial_id)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_trials_are_limited_retried_and_given_up_as_kerastuner_documents(strategy: str) -> None:
    limits = {"max_trials": 5, "max_retries_per_trial": 1, "max_consecutive_failed_trials": 2}
    oracle = make(strategy, mixed_space(), **limits)
    diverged = end(oracle, math.nan)
    again = end(oracle, 1.0)
    assert (again.trial_id, again.status) == (diverged.trial_id, "COMPLETED")
    assert again.hyperparameters.values == diverged.hyperparameters.values
    assert [end(oracle, math.nan).status for _ in range(3)] == ["INVALID", "FAILED", "INVALID"]
    with pytest.raises(RuntimeError, match="2 failed trials in a row"):
        end(oracle, math.nan)
    assert [end(oracle, 3.0).trial_id, end(oracle, 2.0).trial_id] == ["0003", "0004"]
    assert oracle.create_trial("w").status == "STOPPED"
    assert [trial.score for trial in oracle.get_best_trials(9)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_project_of_a_mixed_space_is_reloaded(strategy: str, tmp_path: Path) -> None:
    def function(hp: Any) -> float:
        return bowl({d.name: hp.get(d.name) for d in hp.space if hp.is_active(d)})

    FunctionTuner(make(strategy, mixed_space(), max_trials=7), function, tmp_path).search(verbose=0)
    resumed = FunctionTuner(make(strategy, mixed_space(), max_trials=12), function, tmp_path)
    resumed.search(verbose=0)
    values = run(ask(strategy, mixed_space(), max_trials=12), bowl, 12)
    trials = [resumed.oracle.trials[f"{i:04d}"] for i in range(12)]
    assert [trial.hyperparameters.values for trial in trials] == values
    assert all(trial.hyperparameters.values["epochs"] == 7 for trial in trials)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_space_of_constants_has_one_point(strategy: str) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("a", 1)
    assert run(ask(strategy, hp), bowl, 5) == [{"a": 1}]


def test_a_grid_announces_its_size_and_keeps_it() -> None:
    grid = Grid(search_space(mixed_space()), 0, points_per_range=2)
    values = run(Asked(grid), bowl, 10_000)
    assert len(values) == grid.size
    assert {v["learning_rate"] for v in values} == {1e-5, 1e-1}
    assert {v["width"] for v in values} == {16, 512}
    assert {v["net/depth"] for v in values if "net/depth" in v} == {1, 2, 3, 4}


def test_a_grid_with_defaults_off_it_has_one_trial_more() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0, default=0.3)
    grid = Grid(search_space(hp), 0)
    assert grid.size == 4
    first, *others = [v["x"] for v in run(Asked(grid), bowl, 9)]
    assert first == 0.3
    assert sorted(others) == [0.0, 0.5, 1.0]
    assert grid.describe() == {
        "points_per_range": 3,
        "levels": {"x": 3},
        "points": 3,
        "trials": 4,
    }


def test_a_part_of_a_grid_has_all_values_of_each_hyperparameter() -> None:
    hp = keras_tuner.HyperParameters()
    for name in "abcd":
        hp.Int(name, 1, 5)
    values = run(ask("grid", hp), bowl, 25)
    for name in "abcd":
        counts = Counter(v[name] for v in values)
        assert sorted(counts) == [1, 2, 3, 4, 5]
        assert max(counts.values()) <= 10


def test_quasi_random_points_depend_on_seed_and_number_alone() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Float("y", 0.0, 1.0)
    in_order = run(ask("quasi-random", hp, seed=3), bowl, 16)
    alone = ask("quasi-random", hp, seed=3)
    assert alone.propose(11) == in_order[11]
    # Sixteen points of a Sobol sequence: one in each sixteenth of either axis.
    for name in "xy":
        assert len({int(v[name] * 16) for v in in_order}) == 16


def test_random_points_of_a_used_up_branch_are_not_repeated() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("branch", ["point", "line"])
    with hp.conditional_scope("branch", ["line"]):
        hp.Float("x", 0.0, 1.0)
    keys = [search_space(hp).key(v) for v in run(ask("random", hp), bowl, 50)]
    assert len(set(keys)) == 50
