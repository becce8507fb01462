import math
from functools import partial
from typing import Any

import keras_tuner
import numpy as np
import pytest

from data.errors import InputError
from tests.oracles.spaces import Asked, ask, mixed_space, run, search_space
from tuner.oracles import STRATEGIES
from tuner.oracles.knowledge import Knowledge, KnownTrial
from tuner.oracles.stages import (
    AROUND,
    REFINED,
    Interval,
    Staged,
    require_learning_rate,
    stage_of,
    stages_text,
)
from tuner.oracles.strategy import Strategy
from tuner.trials.ending import Cause
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

FOUND = Interval(2e-3, 2e-4, 2e-2)
NAMES = sorted(STRATEGIES)


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log", default=1e-3)
    hp.Int("width", 32, 4096, step=2, sampling="log", default=128)
    hp.Int("depth", 1, 8, default=2)
    hp.Choice("schedule", ["constant", "cosine"], default="constant")
    return hp


def staged(
    strategy: str = "bayesian",
    trials: int = 20,
    hp: keras_tuner.HyperParameters | None = None,
    found: Interval = FOUND,
    others: tuple[Knowledge, ...] = (),
) -> Asked:
    searched = search_space(space() if hp is None else hp)
    inner = STRATEGIES[strategy]
    return Asked(Staged(searched, 0, trials, others, strategy=inner, found=found))


def score(values: dict[str, Any]) -> float:
    return (
        abs(math.log10(values["learning_rate"] / 5e-3))
        + abs(math.log2(values["width"] / 512)) / 3
        + abs(values["depth"] - 4) / 4
    )


def of_stage(values: list[dict[str, Any]], stage: str) -> list[dict[str, Any]]:
    return [v for number, v in enumerate(values) if stage_of(number, len(values)) == stage]


@pytest.mark.parametrize("trials", [3, 8, 10, 20, 50, 200])
def test_stages_follow_one_another_and_share_the_budget(trials: int) -> None:
    stages = [stage_of(number, trials) for number in range(trials)]
    assert stages == sorted(stages, key=["learning rate", "rest", "refinement"].index)
    assert stages.count("learning rate") >= 3
    assert stages_text(trials).startswith("trials 0 to ")


@pytest.mark.parametrize("strategy", NAMES)
def test_the_learning_rate_comes_first_and_alone(strategy: str) -> None:
    values = run(staged(strategy), score, 20)
    first = of_stage(values, "learning rate")
    rates = [v["learning_rate"] for v in first]
    assert rates[:2] == [1e-3, FOUND.learning_rate]
    assert all(FOUND.low <= rate <= FOUND.high for rate in rates)
    rest = [{k: v for k, v in one.items() if k != "learning_rate"} for one in first]
    assert rest == [{"width": 128, "depth": 2, "schedule": "constant"}] * len(first)


@pytest.mark.parametrize("strategy", NAMES)
def test_then_the_rest_varies_around_the_best_learning_rate(strategy: str) -> None:
    asked = staged(strategy)
    for number, values in enumerate(run(asked, score, 20)):
        if stage_of(number, 20) == "rest":
            known = [asked.trials[n] for n in range(number)]
            best = min(known, key=lambda t: t.known_score).values["learning_rate"]
            assert best / AROUND <= values["learning_rate"] * 1.001
            assert values["learning_rate"] <= best * AROUND * 1.001


def test_at_last_everything_varies_near_the_best() -> None:
    asked = staged(trials=40)
    values = run(asked, score, 40)
    units = np.array([asked.strategy.space.encode(one) for one in values])
    refined = [number for number in range(40) if stage_of(number, 40) == "refinement"]
    for number in refined:
        best = min(range(number), key=lambda earlier: score(values[earlier]))
        # Integers are rounded to the nearest, and choices keep all their values.
        assert (np.abs(units[number] - units[best])[:3] < REFINED + 0.1).all()
    assert (np.ptp(units[refined], axis=0)[:3] > 0).all()


@pytest.mark.parametrize("strategy", NAMES)
def test_a_suggestion_depends_on_the_number_and_what_has_ended(strategy: str) -> None:
    lag, trials = 4, 20
    whole = staged(strategy)
    values: list[dict[str, Any]] = []
    for number in range(trials):
        if number >= lag:
            whole.conclude(number - lag, Cause.FINISHED, score(values[number - lag]))
        proposed = whole.propose(number)
        assert proposed is not None
        values.append(proposed)
    for cut in (2, 5, 9, 17):
        resumed = staged(strategy)
        for number in range(cut):
            resumed.replay(number, values[number])
        for number in range(cut - lag):
            resumed.conclude(number, Cause.FINISHED, score(values[number]))
        for number in range(cut, trials):
            if number >= lag:
                resumed.conclude(number - lag, Cause.FINISHED, score(values[number - lag]))
            assert resumed.propose(number) == values[number]


@pytest.mark.parametrize("strategy", NAMES)
def test_no_point_comes_twice_even_when_a_stage_has_few(strategy: str) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-3, 4e-3, step=1e-3, default=1e-3)
    hp.Choice("kind", ["a", "b"], default="b")
    asked = staged(strategy, 20, hp, Interval(1e-3, 1e-3, 2e-3))
    keys = [asked.strategy.space.key(v) for v in run(asked, lambda v: v["learning_rate"], 20)]
    assert sorted(set(keys)) == sorted(keys)
    assert len(keys) == 8


def test_stages_learn_from_other_searches() -> None:
    points = run(ask("random", space(), seed=7), score, 40)
    trials = tuple(KnownTrial(point, "completed", score(point)) for point in points)
    taught = staged(others=(Knowledge(trials, search_space(space())),))
    values, alone = run(taught, score, 20), run(staged(), score, 20)
    assert values != alone
    for value in of_stage(values, "learning rate"):
        assert (value["width"], value["depth"], value["schedule"]) == (128, 2, "constant")
    assert min(map(score, values)) <= min(map(score, points))


def test_failed_trials_narrow_nothing() -> None:
    asked = staged()
    for number in range(20):
        assert asked.propose(number) is not None
        asked.conclude(number, Cause.DIVERGED)


def test_conditions_hold_in_every_stage() -> None:
    for values in run(staged(hp=mixed_space()), partial(len), 20):
        assert ("kernel" in values) == (values["kind"] == "cnn")


def test_without_a_range_of_learning_rates_there_is_no_first_stage() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("learning_rate", 1e-3)
    hp.Int("depth", 1, 8)
    with pytest.raises(InputError, match="--staged searches learning_rate first"):
        require_learning_rate(search_space(hp))
    require_learning_rate(search_space(space()))


def test_a_stage_keeps_its_strategy_and_answers_as_a_new_one_would() -> None:
    made = []

    def counted(*arguments: Any) -> Strategy:
        made.append(arguments)
        return STRATEGIES["bayesian"](*arguments)

    searched = search_space(space())
    best = Trial(0, searched.defaults(), cause=Cause.FINISHED, score=1.0)
    known = Known(Objective("score", "min"), [best])
    kept = Staged(searched, 0, 40, strategy=counted, found=FOUND)
    for number in (10, 11, 15, 10):
        new = Staged(searched, 0, 40, strategy=STRATEGIES["bayesian"], found=FOUND)
        assert kept.suggest(number, known) == new.suggest(number, known)
    assert len(made) == 1


def two_branches() -> keras_tuner.HyperParameters:
    """Only one branch has a learning rate, and both have a momentum, in other ranges."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("optimizer", ["adam", "lbfgs"], default="adam")
    with hp.conditional_scope("optimizer", ["adam"]):
        hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-3)
        hp.Float("momentum", 0.0, 0.5, default=0.1)
    with hp.conditional_scope("optimizer", ["lbfgs"]):
        hp.Float("momentum", 0.8, 1.0, default=0.9)
    return hp


@pytest.mark.parametrize("strategy", NAMES)
def test_the_best_trial_may_be_one_without_a_learning_rate(strategy: str) -> None:
    asked = staged(strategy, trials=30, hp=two_branches())
    values = run(asked, lambda v: 0.0 if v["optimizer"] == "lbfgs" else 1.0, 30)
    # A grid of so few values is tried in full before.
    assert len(values) == 30 or strategy == "grid"
    assert {v["optimizer"] for v in of_stage(values, "rest")} == {"adam", "lbfgs"}
    assert all(("learning_rate" in v) == (v["optimizer"] == "adam") for v in values)


def test_a_refinement_leaves_the_range_of_another_branch_as_it_is() -> None:
    asked = staged("random", trials=60, hp=two_branches())
    values = run(asked, lambda v: v["momentum"], 60)
    refined = of_stage(values, "refinement")
    best = [v["momentum"] for v in refined if v["optimizer"] == "adam"]
    other = [v["momentum"] for v in refined if v["optimizer"] == "lbfgs"]
    assert max(best) < 0.5 * REFINED + 0.1
    assert max(other) - min(other) > 0.5 * 0.2
