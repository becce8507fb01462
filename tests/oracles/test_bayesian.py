"""What the Bayesian oracle must do beyond what holds for every strategy."""

import math
from typing import Any

import keras_tuner
import numpy as np
import pytest

from data.errors import InputError
from tests.oracles.spaces import make, mixed_space, run
from tuner.oracles import Oracle


def square() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Float("y", 0.0, 1.0)
    return hp


def bowl(values: dict[str, Any]) -> float:
    """Smallest, 0, at (0.3, 0.8)."""
    return float((values["x"] - 0.3) ** 2 + (values["y"] - 0.8) ** 2)


@pytest.mark.parametrize("direction", ["min", "max"])
def test_it_finds_the_optimum_of_a_smooth_function(direction: str) -> None:
    sign = -1 if direction == "max" else 1
    oracle = make("bayesian", square(), objective=keras_tuner.Objective("score", direction))
    run(oracle, lambda values: sign * bowl(values), 25)
    best = oracle.get_best_trials()[0]
    assert sign * best.score < 1e-3


def test_it_finds_the_optimum_of_a_mixed_conditional_space() -> None:
    def score(values: dict[str, Any]) -> float:
        rate = abs(math.log10(values["learning_rate"]) + 3)
        return rate + (0 if values.get("kernel") == 5 else 1) + values.get("dropout", 1.0)

    oracle = make("bayesian", mixed_space())
    run(oracle, score, 40)
    best = oracle.get_best_trials()[0].hyperparameters.values
    assert best["kind"] == "cnn"
    assert best["kernel"] == 5
    assert best["dropout"] == 0.0


def test_it_avoids_the_infeasible_without_shunning_its_border() -> None:
    """A third of the square fails, and the best point lies on the border of that third."""
    oracle = make("bayesian", square(), max_consecutive_failed_trials=None)
    failures = []
    for number in range(60):
        values = oracle.propose(number)
        assert values is not None
        failures.append(values["x"] > 2 / 3)
        score = math.nan if failures[-1] else 2 / 3 - values["x"] + (values["y"] - 0.5) ** 2
        oracle.conclude(number, "completed", score)
    assert sum(failures[30:]) < 3
    assert oracle.get_best_trials()[0].score < 0.03


def test_only_failures_are_survived() -> None:
    oracle = make("bayesian", square(), max_consecutive_failed_trials=None)
    for number in range(15):
        assert oracle.propose(number) is not None
        oracle.conclude(number, "failed")


def test_workers_at_the_same_time_spread() -> None:
    oracle = make("bayesian", square())
    run(oracle, bowl, 10)
    batch = [oracle.propose(number) for number in range(10, 14)]
    points = np.array([[v["x"], v["y"]] for v in batch if v is not None])
    gaps = np.linalg.norm(points[:, None] - points, axis=2)[np.triu_indices(4, 1)]
    assert gaps.min() > 0.01


def asynchronous(workers: int, trials: int) -> Oracle:
    """Run simulated workers, whose trials end in a mixed order."""
    oracle = make("bayesian", square())
    rng = np.random.default_rng(0)
    running: list[tuple[int, dict[str, Any]]] = []
    for number in range(trials):
        values = oracle.propose(number)
        assert values is not None
        running.append((number, values))
        if len(running) == workers:
            ended, its_values = running.pop(int(rng.integers(workers)))
            oracle.conclude(ended, "completed", bowl(its_values))
    return oracle


def test_four_workers_get_as_far_as_one() -> None:
    assert asynchronous(4, 34).get_best_trials()[0].score < 1e-3


def test_pruned_trials_keep_it_from_the_region_and_are_never_the_best() -> None:
    oracle = make("bayesian", square())
    for number in range(40):
        values = oracle.propose(number)
        assert values is not None
        score = bowl(values)
        if values["x"] > 0.5:
            oracle.conclude(number, "pruned", score + 0.3, epoch=2)
        else:
            oracle.conclude(number, "completed", score)
    late = [oracle.get_trial(f"{number:04d}") for number in range(20, 40)]
    assert sum(t.status == "PRUNED" for t in late) < 8
    best = oracle.get_best_trials()[0]
    assert best.status == "COMPLETED"
    assert best.score < 1e-3


def test_other_threads_settings_are_left_alone() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    oracle = make("bayesian", square())
    before = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    run(oracle, bowl, 12)
    assert [pool["num_threads"] for pool in threadpoolctl.threadpool_info()] == before


def test_every_second_initial_point_is_the_next_of_a_sobol_sequence() -> None:
    oracle, sequence = make("bayesian", square()), make("quasi-random", square())
    tried = run(oracle, bowl, 10)
    expected = run(sequence, bowl, 6)
    assert [tried[0], *tried[1:10:2]] == expected
    assert all(values not in expected for values in tried[2:10:2])


def test_workers_that_know_no_score_yet_take_the_sobol_sequence_in_order() -> None:
    oracle, sequence = make("bayesian", square()), make("quasi-random", square())
    assert [oracle.propose(i) for i in range(4)] == [sequence.propose(i) for i in range(4)]


def test_a_search_without_initial_points_is_refused() -> None:
    with pytest.raises(InputError, match="num_initial_points=0"):
        make("bayesian", square(), num_initial_points=0)


@pytest.mark.slow
def test_many_trials_stay_affordable() -> None:
    """Not timed: a cubic cost without a bound would exceed the time limit of a test."""
    hp = keras_tuner.HyperParameters()
    for i in range(8):
        hp.Float(f"x{i}", 0.0, 1.0)
    oracle = make("bayesian", hp)
    rng = np.random.default_rng(0)
    for number in range(2000):
        values = oracle.search_space.decode(rng.random(8))
        oracle.replay(number, values, "completed", sum(values.values()))
    for number in range(2000, 2020):
        assert oracle.propose(number) is not None
