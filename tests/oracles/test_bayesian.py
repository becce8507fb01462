"""What the Bayesian oracle must do beyond what holds for every strategy."""

import math
from collections.abc import Callable
from typing import Any

import keras_tuner
import numpy as np
import pytest

from data.errors import InputError
from tests.oracles.spaces import Asked, ask, make, mixed_space, run, search_space, with_defaults
from tuner.oracles import STRATEGIES
from tuner.trials.ending import Cause, Status
from tuner.trials.objective import Direction


def square() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Float("y", 0.0, 1.0)
    return hp


def bowl(values: dict[str, Any]) -> float:
    """Smallest, 0, at (0.3, 0.8)."""
    return float((values["x"] - 0.3) ** 2 + (values["y"] - 0.8) ** 2)


@pytest.mark.parametrize("direction", ["min", "max"])
def test_it_finds_the_optimum_of_a_smooth_function(direction: Direction) -> None:
    sign = -1 if direction == "max" else 1
    asked = ask("bayesian", square(), direction)
    run(asked, lambda values: sign * bowl(values), 25)
    assert sign * asked.best.known_score < 1e-3


def test_it_finds_the_optimum_of_a_mixed_conditional_space() -> None:
    def score(values: dict[str, Any]) -> float:
        rate = abs(math.log10(values["learning_rate"]) + 3)
        return rate + (0 if values.get("kernel") == 5 else 1) + values.get("dropout", 1.0)

    asked = ask("bayesian", mixed_space())
    run(asked, score, 40)
    best = asked.best.values
    assert best["kind"] == "cnn"
    assert best["kernel"] == 5
    assert best["dropout"] == 0.0


def test_it_avoids_the_infeasible_without_shunning_its_border() -> None:
    """A third of the square fails, and the best point lies on the border of that third."""
    asked = ask("bayesian", square())
    failures = []
    for number in range(60):
        values = asked.propose(number)
        assert values is not None
        failures.append(values["x"] > 2 / 3)
        score = math.nan if failures[-1] else 2 / 3 - values["x"] + (values["y"] - 0.5) ** 2
        asked.conclude(number, Cause.FINISHED, score)
    assert sum(failures[30:]) < 3
    assert asked.best.known_score < 0.03


def test_only_failures_are_survived() -> None:
    asked = ask("bayesian", square())
    for number in range(15):
        assert asked.propose(number) is not None
        asked.conclude(number, Cause.DIVERGED)


def test_workers_at_the_same_time_spread() -> None:
    asked = ask("bayesian", square())
    run(asked, bowl, 10)
    batch = [asked.propose(number) for number in range(10, 14)]
    points = np.array([[v["x"], v["y"]] for v in batch if v is not None])
    gaps = np.linalg.norm(points[:, None] - points, axis=2)[np.triu_indices(4, 1)]
    assert gaps.min() > 0.01


def asynchronous(workers: int, trials: int) -> Asked:
    """Run simulated workers, whose trials end in a mixed order."""
    asked = ask("bayesian", square())
    rng = np.random.default_rng(0)
    running: list[tuple[int, dict[str, Any]]] = []
    for number in range(trials):
        values = asked.propose(number)
        assert values is not None
        running.append((number, values))
        if len(running) == workers:
            ended, its_values = running.pop(int(rng.integers(workers)))
            asked.conclude(ended, Cause.FINISHED, bowl(its_values))
    return asked


def test_four_workers_get_as_far_as_one() -> None:
    assert asynchronous(4, 34).best.known_score < 1e-3


def test_pruned_trials_keep_it_from_the_region_and_are_never_the_best() -> None:
    asked = ask("bayesian", square())
    for number in range(40):
        values = asked.propose(number)
        assert values is not None
        score = bowl(values)
        if values["x"] > 0.5:
            asked.conclude(number, Cause.CURVE, score + 0.3)
        else:
            asked.conclude(number, Cause.FINISHED, score)
    late = [asked.trials[number] for number in range(20, 40)]
    assert sum(trial.status is Status.PRUNED for trial in late) < 8
    assert asked.best.status is Status.COMPLETED
    assert asked.best.known_score < 1e-3


def test_other_threads_settings_are_left_alone() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    asked = ask("bayesian", square())
    before = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    run(asked, bowl, 12)
    assert [pool["num_threads"] for pool in threadpoolctl.threadpool_info()] == before


def test_every_second_initial_point_is_the_next_of_a_sobol_sequence() -> None:
    asked, sequence = ask("bayesian", square()), ask("quasi-random", square())
    tried = run(asked, bowl, 10)
    expected = run(sequence, bowl, 6)
    assert [tried[0], *tried[1:10:2]] == expected
    assert all(values not in expected for values in tried[2:10:2])


def test_workers_that_know_no_score_yet_take_the_sobol_sequence_in_order() -> None:
    asked, sequence = ask("bayesian", square()), ask("quasi-random", square())
    assert [asked.propose(i) for i in range(4)] == [sequence.propose(i) for i in range(4)]


def test_a_search_without_initial_points_is_refused() -> None:
    for made in (ask, make):
        with pytest.raises(InputError, match="num_initial_points=0"):
            made("bayesian", square(), num_initial_points=0)


@pytest.mark.slow
def test_many_trials_stay_affordable() -> None:
    """Not timed: a cubic cost without a bound would exceed the time limit of a test."""
    hp = keras_tuner.HyperParameters()
    for i in range(8):
        hp.Float(f"x{i}", 0.0, 1.0)
    asked = ask("bayesian", hp)
    rng = np.random.default_rng(0)
    for number in range(2000):
        values = search_space(hp).decode(rng.random(8))
        asked.replay(number, values, sum(values.values()))
    for number in range(2000, 2020):
        assert asked.propose(number) is not None


def two_ranges() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("matters", 0.0, 1.0)
    hp.Float("costs", 0.0, 1.0)
    return hp


def one_matters(values: dict[str, Any]) -> float:
    return float((values["matters"] - 0.3) ** 2)


def searched(
    score: Callable[[dict[str, Any]], float] = one_matters,
    seed: int = 0,
    told: bool = True,
    trials: int = 20,
    **keywords: Any,
) -> Asked:
    """Search by a score with noise, where one of two hyperparameters makes the cost."""
    strategy = STRATEGIES["bayesian"](search_space(two_ranges()), seed, **keywords)
    asked, noise = Asked(strategy), np.random.default_rng(seed)
    for number in range(trials):
        values = asked.propose(number)
        assert values is not None
        asked.trials[number].cost = 100.0 ** values["costs"] if told else None
        asked.conclude(number, Cause.FINISHED, score(values) + 0.01 * noise.standard_normal())
    return asked


def spent(asked: Asked) -> float:
    return sum(trial.cost or 0.0 for trial in asked.trials.values())


def test_of_what_promises_the_same_the_cheaper_is_tried() -> None:
    thrifty, careless = (
        [searched(seed=seed, cost=cost) for seed in range(4)] for cost in (True, False)
    )
    assert sum(map(spent, thrifty)) < 0.75 * sum(map(spent, careless))
    assert all(abs(asked.best.values["matters"] - 0.3) < 0.15 for asked in thrifty)


def test_cost_can_be_left_out_and_need_not_be_known() -> None:
    careless, untold = searched(cost=False), searched(told=False)
    points = [[trial.values for trial in asked.trials.values()] for asked in (careless, untold)]
    assert points[0] == points[1]


def test_the_best_is_found_where_it_is_expensive() -> None:
    def dear(values: dict[str, Any]) -> float:
        return float(2 - values["matters"] - values["costs"])

    assert dear(searched(dear, trials=30, max_trials=30).best.values) < 0.05


def distance(values: dict[str, Any]) -> float:
    return float(np.linalg.norm([values[name] - 0.6 for name in "abcd"]))


def test_the_first_trials_of_the_model_stay_near_the_defaults() -> None:
    asked = ask("bayesian", with_defaults())
    run(asked, lambda values: 1.0 + 0.01 * values["a"], 5)
    assert distance(asked.trials[0].values) == 0
    assert distance(asked.trials[2].values) < 0.5
    assert distance(asked.trials[4].values) < 0.5


def test_defaults_that_are_wrong_are_left() -> None:
    asked = ask("bayesian", with_defaults())
    run(asked, lambda values: sum(values[name] ** 2 for name in "abcd"), 25)
    assert asked.best.known_score < 0.02
