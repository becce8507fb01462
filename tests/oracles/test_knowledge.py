"""What the model makes of other searches: it starts near their best, and is not held there."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest

from data.errors import InputError
from tests.oracles.spaces import Asked, FunctionTuner, ask, make, mixed_space, run, search_space
from tuner.oracles import STRATEGIES
from tuner.oracles.knowledge import KNOWN_LIMIT, Knowledge, KnownTrial, rows_of
from tuner.space.cube import SearchSpace
from tuner.trials.objective import Direction

Score = Callable[[dict[str, Any]], float]


def square() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Float("y", 0.0, 1.0)
    return hp


def bowl(values: dict[str, Any]) -> float:
    """Smallest, 0, at (0.3, 0.8)."""
    return float((values["x"] - 0.3) ** 2 + (values["y"] - 0.8) ** 2)


def learnt(score: Score, count: int = 20, seed: int = 0) -> Knowledge:
    """Another search of the square, with random points."""
    rng = np.random.default_rng(seed)
    points = [{"x": rng.random(), "y": rng.random()} for _ in range(count)]
    trials = tuple(KnownTrial(point, "completed", score(point)) for point in points)
    return Knowledge(trials, search_space(square()))


def best_after(asked: Asked, trials: int) -> float:
    return min(bowl(values) for values in run(asked, bowl, trials))


def test_the_best_trial_of_another_search_is_tried_first() -> None:
    knowledge = learnt(bowl)
    asked = ask("bayesian", square(), others=[knowledge])
    best = min(knowledge.trials, key=lambda trial: trial.score or 0.0)
    assert asked.propose(0) == pytest.approx(best.values)


def test_it_comes_after_the_defaults_and_within_the_ranges() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 0.5, default=0.2)
    other = keras_tuner.HyperParameters()
    other.Float("x", 0.0, 1.0)
    trials = [KnownTrial({"x": x}, "completed", -x) for x in (0.1, 0.4, 0.9)]
    asked = ask("bayesian", hp, others=[Knowledge(tuple(trials), search_space(other))])
    assert [v["x"] for v in run(asked, lambda values: values["x"], 2)] == [0.2, 0.5]


def test_a_best_that_was_tried_already_is_not_tried_again() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("rate", 1e-5, 1e-1, sampling="log", default=1e-3)
    scores = ((0.001, 1.0), (0.0007, 2.0), (0.05, 3.0))
    trials = tuple(KnownTrial({"rate": rate}, "completed", score) for rate, score in scores)
    asked = ask("bayesian", hp, others=[Knowledge(trials, search_space(hp))])
    rates = [values["rate"] for values in run(asked, lambda values: values["rate"], 2)]
    assert rates[0] == 0.001
    assert abs(rates[1] - 0.001) > 1e-6


def test_each_of_several_searches_has_its_best_tried() -> None:
    others = [learnt(bowl, seed=seed) for seed in (1, 2)]
    values = run(ask("bayesian", square(), others=others), bowl, 2)
    for tried, source in zip(values, others, strict=True):
        best = min(source.trials, key=lambda trial: trial.score or 0.0)
        assert tried == pytest.approx(best.values)


@pytest.mark.parametrize("direction", ["min", "max"])
def test_knowledge_on_another_scale_speeds_a_search_up(direction: Direction) -> None:
    sign = -1 if direction == "max" else 1
    other = learnt(lambda values: sign * (100 + 30 * bowl(values)))
    asked = ask("bayesian", square(), direction, others=[other])
    values = run(asked, lambda values: sign * bowl(values), 6)
    assert min(map(bowl, values)) < 0.005
    assert len(asked.trials) == 6


def test_knowledge_that_misleads_is_overcome() -> None:
    misleading = learnt(lambda values: -bowl(values))
    assert best_after(ask("bayesian", square(), others=[misleading]), 30) < 0.003


def test_of_two_searches_the_one_that_is_right_is_believed() -> None:
    wrong = learnt(lambda values: -bowl(values))
    right = learnt(lambda values: 7 * bowl(values) - 3, seed=1)
    assert best_after(ask("bayesian", square(), others=[wrong, right]), 12) < 0.005


def test_failures_of_another_search_are_avoided_and_its_pruned_trials_known() -> None:
    rng = np.random.default_rng(0)
    trials = []
    for _ in range(40):
        values = {"x": rng.random(), "y": rng.random()}
        if values["x"] > 0.6:
            trials.append(KnownTrial(values, "failed", None))
        elif bowl(values) > 0.3:
            trials.append(KnownTrial(values, "pruned", bowl(values) + 0.5))
        else:
            trials.append(KnownTrial(values, "completed", bowl(values)))
    other = Knowledge(tuple(trials), search_space(square()))
    asked = ask("bayesian", square(), others=[other])

    def score(values: dict[str, Any]) -> float:
        return bowl(values) if values["x"] <= 0.6 else math.nan

    # Initial points, every second one, are where they are; the others are the model's.
    assert all(values["x"] < 0.62 for values in run(asked, score, 12)[::2])


def test_values_of_other_ranges_lie_outside_and_unknown_choices_nowhere() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.1, 1.0, sampling="log")
    hp.Choice("c", ["a", "b", "d"])
    trials = [
        KnownTrial({"x": 10.0, "c": "a", "unknown": 3}, "completed", 1.0),
        KnownTrial({"x": 0.5, "c": "z"}, "completed", 0.5),
        KnownTrial({"c": "b"}, "failed", None),
    ]
    rows = rows_of([Knowledge(tuple(trials), search_space(hp))], search_space(hp), sign=1)
    assert [row.units[0] for row in rows] == pytest.approx([2.0, 0.0])
    assert [row.score for row in rows] == pytest.approx([1.0, math.nan], nan_ok=True)


def test_what_is_fixed_here_lies_apart_on_the_scale_that_it_had() -> None:
    there = keras_tuner.HyperParameters()
    there.Float("rate", 1e-4, 1.0, sampling="log")
    there.Choice("kind", ["a", "b", "c"])
    there.Float("x", 0.0, 1.0)
    here = keras_tuner.HyperParameters()
    here.Fixed("rate", 1e-2)
    here.Fixed("kind", "b")
    here.Float("x", 0.0, 1.0)
    trials = [
        KnownTrial({"rate": 1e-2, "kind": "b", "x": 0.5}, "completed", 1.0),
        KnownTrial({"rate": 1e-1, "kind": "c", "x": 0.5}, "completed", 2.0),
    ]
    rows = rows_of([Knowledge(tuple(trials), search_space(there))], search_space(here), sign=1)
    assert [row.displacement for row in rows] == [(0.0, 0.0), pytest.approx((0.25, 1.0))]


def test_a_search_over_more_teaches_what_is_near_the_fixed_value() -> None:
    """There, the best x depends on k; here k is fixed where few of its trials were."""
    there = square()
    there.Int("k", 0, 10)
    here = square()
    here.Fixed("k", 8)

    def score(values: dict[str, Any]) -> float:
        return (values["x"] - values["k"] / 10) ** 2 + (values["y"] - 0.5) ** 2

    rng = np.random.default_rng(0)
    points = [{"x": rng.random(), "y": rng.random(), "k": int(rng.integers(11))} for _ in range(60)]
    trials = (KnownTrial(point, "completed", score(point)) for point in points)
    other = Knowledge(tuple(trials), search_space(there))
    assert min(map(score, run(ask("bayesian", here, others=[other]), score, 8))) < 0.003


def test_a_branch_that_is_closed_here_teaches_nothing() -> None:
    def space(kinds: list[str]) -> SearchSpace:
        hp = keras_tuner.HyperParameters()
        if len(kinds) > 1:
            hp.Choice("kind", kinds)
        else:
            hp.Fixed("kind", kinds[0])
        for kind in ("mlp", "cnn"):
            with hp.conditional_scope("kind", [kind]):
                hp.Float(f"{kind}_rate", 0.0, 1.0)
        return search_space(hp)

    trials = [
        KnownTrial({"kind": "mlp", "mlp_rate": 0.2}, "completed", 1.0),
        KnownTrial({"kind": "cnn", "cnn_rate": 0.4}, "completed", 2.0),
    ]
    source = Knowledge(tuple(trials), space(["mlp", "cnn"]))
    assert len(rows_of([source], space(["mlp", "cnn"]), sign=1)) == 2
    [row] = rows_of([source], space(["cnn"]), sign=1)
    assert row.score == 2.0


def test_a_long_search_is_thinned_and_keeps_its_best() -> None:
    source = learnt(bowl, count=1000)
    rows = rows_of([source, source], search_space(square()), sign=1)
    assert len(rows) == KNOWN_LIMIT
    assert min(row.score for row in rows) == min(bowl(trial.values) for trial in source.trials)


def test_mixed_and_conditional_spaces_learn() -> None:
    def score(values: dict[str, Any]) -> float:
        rate = abs(math.log10(values["learning_rate"]) + 3)
        return rate + (values["kind"] != "cnn") + values.get("dropout", 1.0)

    points = run(ask("random", mixed_space(), seed=5), score, 40)
    trials = tuple(KnownTrial(p, "completed", 10 * score(p)) for p in points)
    other = Knowledge(trials, search_space(mixed_space()))
    values = run(ask("bayesian", mixed_space(), others=[other]), score, 12)
    assert min(map(score, values)) < min(map(score, points))


def test_a_replayed_search_goes_on_as_the_first_would_have() -> None:
    values = run(ask("bayesian", square(), others=[learnt(bowl)]), bowl, 9)
    resumed = ask("bayesian", square(), others=[learnt(bowl)])
    for number, point in enumerate(values[:5]):
        resumed.replay(number, point, bowl(point))
    assert run(resumed, bowl, 9, start=5) == values[5:]


def test_a_stock_tuner_keeps_knowledge_in_its_project(tmp_path: Path) -> None:
    def function(hp: Any) -> float:
        return bowl({name: hp.get(name) for name in "xy"})

    oracle = make("bayesian", square(), max_trials=4)
    oracle.add_knowledge(learnt(bowl))
    FunctionTuner(oracle, function, tmp_path).search(verbose=0)
    again = FunctionTuner(make("bayesian", square(), max_trials=6), function, tmp_path)
    assert again.oracle.knowledge[0].trials == oracle.knowledge[0].trials
    again.search(verbose=0)
    whole = ask("bayesian", square(), max_trials=6, others=[learnt(bowl)])
    for number, values in enumerate(run(whole, bowl, 6)):
        assert again.oracle.trials[f"{number:04d}"].hyperparameters.values == values


@pytest.mark.parametrize(
    "name", [name for name, strategy in STRATEGIES.items() if not strategy.learns]
)
def test_strategies_that_do_not_learn_refuse(name: str) -> None:
    with pytest.raises(InputError, match="learns"):
        ask(name, square(), others=[learnt(bowl)])
    with pytest.raises(InputError, match="learns"):
        make(name, square()).add_knowledge(learnt(bowl))


def test_of_a_name_that_is_declared_twice_the_active_declaration_tells_how_far_a_value_is() -> None:
    def branches(momentum: float | None = None) -> SearchSpace:
        hp = keras_tuner.HyperParameters()
        hp.Choice("optimizer", ["sgd", "rmsprop", "adam"])
        for optimizer, low, high in (("sgd", 0.0, 0.4), ("rmsprop", 0.0, 1.0)):
            with hp.conditional_scope("optimizer", [optimizer]):
                if momentum is None:
                    hp.Float("momentum", low, high)
                else:
                    hp.Fixed("momentum", momentum)
        return search_space(hp)

    trials = [
        KnownTrial({"optimizer": "sgd", "momentum": 0.3}, "completed", 1.0),
        KnownTrial({"optimizer": "rmsprop", "momentum": 0.3}, "completed", 2.0),
        KnownTrial({"optimizer": "adam"}, "completed", 3.0),
    ]
    source = Knowledge(tuple(trials), branches())
    assert len(rows_of([source], branches(), sign=1)) == 3
    rows = rows_of([source], branches(0.2), sign=1)
    assert [row.displacement for row in rows] == [
        pytest.approx((0.25, 0.0)),
        pytest.approx((0.0, 0.1)),
        (0.0, 0.0),
    ]
