"""Each rule, on a search made so that it must speak and on one where it must not."""

import json
import math
import random
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.findings.searches import (
    MIDDLE,
    SPACE,
    Made,
    branching,
    branching_record,
    found,
    record_of,
    settling,
)
from tests.oracles.spaces import finite_space
from tuner.command_line.choices import PROBES
from tuner.command_line.options import SearchOptions, search_parser, train_parser
from tuner.command_line.settings import Fix, Range
from tuner.findings import findings_of
from tuner.findings.boundary import boundary, widened
from tuner.findings.finding import Finding
from tuner.findings.importance import importance
from tuner.findings.sampling import expected_best
from tuner.space.by_name import by_name
from tuner.space.changes import adjusted_space, changed
from tuner.space.cube import SearchSpace
from tuner.space.hyperparameters import hyperparameter
from tuner.trials.objective import Objective
from tuner.trials.record import SearchRecord


def spoke(record: SearchRecord, rule: str) -> Finding:
    finding = found(record, rule)
    assert finding is not None, [f.rule for f in findings_of(record)]
    assert finding.text
    assert finding.why
    return finding


def silent(record: SearchRecord, rule: str) -> None:
    assert found(record, rule) is None


def options_of(finding: Finding) -> dict[str, Any]:
    assert finding.command is not None
    program, *words = shlex.split(finding.command)[1:]
    assert program == "tune.py"
    return search_parser().given(words)


def rated(rates: Sequence[float], scores: Sequence[float | None]) -> SearchRecord:
    default = Made(0.5)
    pairs = zip(rates, scores, strict=True)
    return record_of([default, *(Made(s, {"learning_rate": r}) for r, s in pairs)])


def shaped(val_loss: Sequence[float], loss: Sequence[float] | None = None) -> SearchRecord:
    """A search whose trials all have one learning curve."""
    training = settling(len(val_loss)) if loss is None else loss
    best = int(np.argmin(val_loss)) + 1
    made = Made(0.9, {}, val_loss, training, best_epoch=best)
    return record_of([Made(0.8), *[made] * 6], max_epochs=len(val_loss))


def noise(epochs: int, size: float, seed: int = 0) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal(epochs)


# Boundary


def test_the_best_trials_at_an_edge_ask_for_a_wider_range() -> None:
    finding = spoke(rated([0.1, 0.09, 0.08, 1e-3, 1e-4], [0.9, 0.89, 0.88, 0.6, 0.5]), "boundary")
    assert finding.numbers["hyperparameter"] == "learning_rate"
    assert options_of(finding)["range"] == (Range("learning_rate", "1e-05", "1"),)


def test_the_best_trials_in_the_middle_ask_for_nothing() -> None:
    silent(rated([1e-3, 2e-3, 3e-3, 0.1, 1e-5], [0.9, 0.89, 0.88, 0.6, 0.5]), "boundary")


def test_one_trial_at_an_edge_is_no_tendency() -> None:
    silent(rated([0.1, 1e-3, 2e-3, 3e-3, 1e-4], [0.9, 0.89, 0.88, 0.87, 0.86]), "boundary")


def test_where_all_fails_beyond_the_best_it_is_unstable_and_not_narrow() -> None:
    rates = [0.08, 0.07, 0.06, 1e-3, 0.09, 0.1]
    record = rated(rates, [0.9, 0.89, 0.88, 0.6, None, None])
    assert spoke(record, "unstable_there").numbers["failed_beyond"] == 2
    silent(record, "boundary")
    silent(rated(rates, [0.9, 0.89, 0.88, 0.6, None, 0.5]), "unstable_there")


def test_a_wider_range_keeps_what_values_can_mean() -> None:
    for name, value, expected in [
        ("dropout", 0.1, "dropout=0:0.5"),
        ("dropout", 0.5, "dropout=0.1:0.7"),
        ("batch_size", 16, "batch_size=4:256"),
        ("batch_size", 256, "batch_size=16:1024"),
        ("depth", 8, "depth=1:11"),
    ]:
        record = record_of([Made(0.5), *[Made(0.9, {name: value})] * 5])
        assert options_of(spoke(record, "boundary"))["range"] == (Range.parse(expected),)
    # A network has one layer at least: nothing to widen.
    silent(record_of([Made(0.5), *[Made(0.9, {"depth": 1})] * 5]), "boundary")


@pytest.mark.parametrize(
    ("low", "high", "at_low", "expected"),
    [
        (0.1, 1.0, True, (0.01, 1.0)),  # Below 0.01, and so never at 0, where it has no scale.
        (0.1, 1.0, False, (0.1, 1.1)),
        (0.1, 0.99, False, (0.1, 0.99)),  # A share.
    ],
)
def test_a_reverse_log_range_is_widened_on_its_own_scale(
    low: float, high: float, at_low: bool, expected: tuple[float, float]
) -> None:
    config = {"name": "momentum", "min_value": low, "max_value": high, "sampling": "reverse_log"}
    momentum = hyperparameter({"class_name": "Float", "config": config})
    assert widened(momentum, at_low) == expected


# Budget


def test_few_trials_for_many_hyperparameters_are_too_few() -> None:
    finding = spoke(record_of([Made(0.5 + n / 100) for n in range(4)]), "too_few_trials")
    assert options_of(finding)["max_trials"] == 20


def test_a_single_lucky_trial_is_not_enough() -> None:
    lucky = record_of([Made(0.95), *(Made(0.5 + n / 100) for n in range(19))])
    assert spoke(lucky, "too_few_trials").numbers["good_trials"] == 1
    silent(lucky, "sampled_enough")


def test_many_trials_as_good_as_the_best_are_enough() -> None:
    many = record_of([Made(0.95 - n / 10000) for n in range(20)])
    assert spoke(many, "sampled_enough").numbers["good_trials"] >= 3
    silent(many, "too_few_trials")


def test_a_space_that_was_searched_whole_needs_no_more_trials() -> None:
    space = {"schedule": SPACE["schedule"]}
    record = record_of(
        [Made(0.5, {"schedule": s}) for s in ("constant", "warmup_cosine")], space=space
    )
    silent(record, "too_few_trials")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 5))
def test_the_expected_best_grows_from_the_mean_to_the_best(
    scores: list[float], failed: int
) -> None:
    record = record_of([*map(Made, scores), *[Made(None)] * failed])
    expected = expected_best(record)
    everything = [*scores, *[min(scores)] * failed]
    assert expected[0] == pytest.approx(np.mean(everything))
    assert (np.diff(expected) >= -1e-12).all()
    assert expected[-1] <= max(scores) + 1e-12


def test_the_expected_best_is_that_of_drawing() -> None:
    scores = [0.1, 0.4, 0.5, 0.9]
    draw = random.Random(0)
    drawn = [min(draw.choices(scores, k=3)) for _ in range(20000)]
    record = record_of([Made(s) for s in scores], objective=Objective("val_loss", "min"))
    assert expected_best(record)[2] == pytest.approx(np.mean(drawn), abs=0.01)


def test_pruned_trials_count_with_the_score_they_had() -> None:
    record = record_of([Made(0.9), Made(0.7), Made(0.2, pruned=True), Made(None)])
    everything = [0.9, 0.7, 0.2, 0.2]
    assert expected_best(record)[0] == pytest.approx(np.mean(everything))
    assert spoke(record, "too_few_trials").numbers["trials"] == 4


def test_a_pruned_trial_that_equals_the_best_is_as_good() -> None:
    record = record_of([Made(0.9), Made(0.9, pruned=True), Made(0.4)])
    assert spoke(record, "too_few_trials").numbers["good_trials"] == 2


def test_the_best_of_many_equally_good_trials_is_optimistic() -> None:
    finding = spoke(record_of([Made(0.95 - n / 10000) for n in range(20)]), "optimism")
    assert 0 < finding.numbers["optimism"] < 0.05
    silent(record_of([Made(0.95), Made(0.5), Made(0.4)]), "optimism")


# Learning curves


def test_overfitting() -> None:
    down, up = settling(10), [0.2 + 0.05 * n for n in range(10)]
    falling = [1 / (n + 1) for n in range(20)]
    finding = spoke(shaped([*down, *up], falling), "overfitting")
    [wider] = options_of(finding)["range"]
    assert float(wider.low) >= 0.3
    assert float(wider.high) >= 0.5
    # What the best trial has stays in it, and it ends no lower than before.
    others = [Made(0.9, {"dropout": 0.4}, [*down, *up], falling, best_epoch=10)] * 6
    best = Made(0.95, {"dropout": 0.129}, [*down, *up], falling, best_epoch=10)
    record = record_of([Made(0.8), *others, best], max_epochs=20)
    (wider,) = options_of(spoke(record, "overfitting"))["range"]
    assert (float(wider.low), float(wider.high)) == (0.12, 0.6)
    silent(shaped(settling(20), falling), "overfitting")
    # Both losses rise: that is no overfitting.
    silent(shaped([*down, *up], [*down, *up]), "overfitting")


def test_still_improving_at_the_end() -> None:
    finding = spoke(shaped([1 - n / 25 for n in range(20)]), "still_improving")
    assert options_of(finding)["max_epochs"] == 40
    in_steps = shaped([1 - n / 25 for n in range(20)])
    in_steps.config["steps"] = 4000
    told = spoke(in_steps, "still_improving").text
    assert "used all 20 epochs (4,000 steps with the default batch size) and had" in told
    silent(shaped(settling(20)), "still_improving")


def test_a_trial_that_stopped_early_is_not_still_improving() -> None:
    curve = [1 - n / 25 for n in range(20)]
    made = Made(0.9, {}, curve, curve, best_epoch=20)
    silent(record_of([Made(0.8), *[made] * 6], max_epochs=30), "still_improving")


def test_where_few_examples_end_a_range_nothing_is_proposed() -> None:
    trials = [Made(0.5), *[Made(0.9, {"batch_size": 256, "dropout": 0.5})] * 5]
    record = record_of(trials, limited_by_data=["batch_size"])
    assert [f.numbers["hyperparameter"] for f in boundary(record)] == ["dropout"]
    lowest = [Made(0.5), *[Made(0.9, {"batch_size": 16})] * 5]
    spoke(record_of(lowest, limited_by_data=["batch_size"]), "boundary")


def test_an_early_best_epoch_costs_nothing_where_early_stopping_ended_it() -> None:
    made = Made(0.9, {}, [0.2, *[0.3] * 14], best_epoch=1)
    silent(record_of([Made(0.8), *[made] * 6], max_epochs=30), "train_less")


def test_the_best_epoch_at_once() -> None:
    rising = [0.2, *(0.3 + 0.01 * n for n in range(29))]
    finding = spoke(shaped(rising), "train_less")
    assert options_of(finding)["max_epochs"] == 5
    silent(shaped(settling(30)), "train_less")


def test_noise_at_the_end() -> None:
    finding = spoke(shaped(np.add(settling(30), noise(30, 0.2)).tolist()), "noisy_at_the_end")
    assert options_of(finding)["fix"] == (Fix("schedule", "warmup_cosine"),)
    silent(shaped(np.add(settling(30), noise(30, 0.01)).tolist()), "noisy_at_the_end")


def test_a_training_loss_that_rises() -> None:
    rising = [*settling(10), *(0.25 + 0.03 * n for n in range(10))]
    spoke(shaped(settling(20), rising), "training_loss_rising")
    noisy = np.add(settling(20), noise(20, 0.02)).tolist()
    silent(shaped(settling(20), noisy), "training_loss_rising")


def test_a_validation_loss_with_a_rhythm() -> None:
    rhythm = [0.15 * math.sin(2 * math.pi * n / 5) for n in range(40)]
    finding = spoke(shaped(np.add(settling(40), rhythm).tolist()), "periodic_validation")
    assert finding.numbers["period"] % 5 == 0


def test_noise_has_no_rhythm() -> None:
    trials = [
        Made(0.9, {}, np.add(settling(40), noise(40, 0.15, seed)).tolist(), settling(40))
        for seed in range(20)
    ]
    silent(record_of([Made(0.8), *trials], max_epochs=40), "periodic_validation")


# Stability


def test_training_breaks_above_a_rate() -> None:
    broken = [
        Made(None, {"learning_rate": r}, reason="diverged: loss is nan in epoch 2")
        for r in (0.004, 0.01, 0.05)
    ]
    sound = [Made(0.8 + n / 100, {"learning_rate": 1e-4 * 2**n}) for n in range(5)]
    finding = spoke(record_of([Made(0.5), *sound, *broken]), "instability")
    assert finding.numbers["learning_rate"] == 0.004
    assert options_of(finding)["fix"] == (Fix("schedule", "warmup_cosine"),)
    silent(record_of([Made(0.5), *sound]), "instability")


def test_where_warm_up_does_not_do_gradients_are_clipped_by_their_norms() -> None:
    warm = {"schedule": "warmup_cosine", "clip_norm": 0.0}
    broken = [
        Made(None, {"learning_rate": r}, reason="diverged: loss is nan in epoch 2")
        for r in (0.004, 0.01, 0.05)
    ]
    norms = [float(n) for n in range(1, 22)]
    sound = [
        Made(0.8 + n / 100, {"learning_rate": 1e-4 * 2**n, **warm}, norms=norms) for n in range(5)
    ]
    clip_norm = {"class_name": "Fixed", "config": {"name": "clip_norm", "value": 0.0}}
    clips = {**SPACE, "clip_norm": clip_norm}
    finding = spoke(record_of([Made(0.5), *sound, *broken], space=clips), "instability")
    assert options_of(finding)["fix"] == (Fix("clip_norm", "19.0"),)
    finding = spoke(record_of([Made(0.5), *sound, *broken]), "instability")
    assert finding.command is None


def test_failures_all_over_are_no_matter_of_the_rate() -> None:
    trials = [
        Made(None if n % 2 else 0.8, {"learning_rate": 1e-4 * 2**n}, reason="diverged: loss is nan")
        for n in range(10)
    ]
    silent(record_of([Made(0.5), *trials]), "instability")


def test_failed_trials_have_their_reason() -> None:
    finding = spoke(record_of([Made(0.5), Made(None, reason="out of memory")]), "failed_trials")
    assert finding.numbers["reasons"] == {"out of memory": 1}
    assert "out of memory" in finding.text
    silent(record_of([Made(0.5), Made(0.6)]), "failed_trials")


# Default and chance


def test_the_folds_of_a_cross_validated_trial_tell_the_noise() -> None:
    record = record_of([Made(0.9), Made(0.91, folds=(0.89, 0.91, 0.93, 0.91))])
    expected = np.std([0.89, 0.91, 0.93, 0.91], ddof=1) / 2
    assert spoke(record, "no_better_than_default").numbers["noise"] == pytest.approx(expected)


def test_a_gain_within_the_noise_is_no_gain() -> None:
    finding = spoke(record_of([Made(0.9), Made(0.905)]), "no_better_than_default")
    assert finding.numbers["gain"] == pytest.approx(0.005)
    assert finding.command is not None
    assert finding.command.startswith("python train.py --run made-up")
    silent(record_of([Made(0.8), Made(0.95)]), "no_better_than_default")


def test_the_default_as_the_best() -> None:
    # There is nothing to compare it with.
    finding = spoke(record_of([Made(0.9), Made(0.5)]), "no_better_than_default")
    assert finding.command is None


def test_a_first_trial_with_other_values_is_no_default() -> None:
    silent(record_of([Made(0.9, {"depth": 3}), Made(0.9)]), "no_better_than_default")


@pytest.mark.parametrize(
    ("objective", "chance", "bad", "good"),
    [
        (Objective("val_accuracy", "max"), 0.5, 0.51, 0.8),
        (Objective("val_loss", "min"), 2.3, 2.25, 1.0),
    ],
)
def test_below_chance(objective: Objective, chance: float, bad: float, good: float) -> None:
    known = {"objective": objective, "chance": {objective.name: chance}}
    assert spoke(record_of([Made(bad)] * 3, **known), "below_chance").severity == "problem"
    # The search has mended it, the defaults are still worth a look.
    record = record_of([Made(bad), Made(good)], **known)
    assert spoke(record, "below_chance").severity == "advice"
    silent(record_of([Made(good)] * 3, **known), "below_chance")
    silent(record_of([Made(bad)] * 3, objective=objective), "below_chance")


def test_folds_tell_from_chance_by_all_the_examples_that_they_compare() -> None:
    examples = {"train": 126, "validation": 27, "test": 27}
    known = {"chance": {"val_accuracy": 0.3}, "examples": examples}
    trials = [Made(0.47)] * 3  # On 27 within two standard errors of chance, not on 153.
    spoke(record_of(trials, **known), "below_chance")
    in_folds = record_of(trials, **known, cross_validation={"folds": 5, "repeats": 1})
    silent(in_folds, "below_chance")
    assert in_folds.compared_on == 153


def trained_again(run: Path, **adoption: Any) -> SearchRecord:
    (run / "train").mkdir(parents=True)
    metrics = {
        "origin": "trial 1 of made-up",
        "search_score": 0.905,
        "retrained_score": {"objective": "val_accuracy", "mean": 0.89, "std": 0.01},
        "seeds": [{}, {}],
        "test": {"accuracy": 0.88},
        **adoption,
    }
    (run / "train" / "metrics.json").write_text(json.dumps(metrics))
    return record_of([Made(0.9), Made(0.905)], run=run)


def test_a_new_training_answers_what_the_search_could_not(tmp_path: Path) -> None:
    verdict = {"text": "No better than the default: gain -0.01", "adopted": "the defaults"}
    finding = spoke(trained_again(tmp_path / "a", adoption=verdict), "retrained")
    for number in ("0.8900 ± 0.0100", "0.9050", "test_accuracy 0.8800", "No better than"):
        assert number in finding.text
    silent(trained_again(tmp_path / "b", adoption=verdict), "no_better_than_default")
    silent(trained_again(tmp_path / "c"), "optimism")
    # One training of the best alone says nothing of the defaults.
    spoke(trained_again(tmp_path / "d"), "no_better_than_default")


def test_before_a_new_training_nothing_is_said_of_it(tmp_path: Path) -> None:
    silent(record_of([Made(0.9)], run=tmp_path), "retrained")
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "metrics.json").write_text("{}")
    silent(record_of([Made(0.9)], run=tmp_path), "retrained")


# Comparisons


def test_a_scientific_hyperparameter_is_answered() -> None:
    deep = [Made(0.95 - n / 100, {"depth": 6}) for n in range(3)]
    flat = [Made(0.6 - n / 100, {"depth": 1}) for n in range(3)]
    record = record_of([Made(0.5), *deep, *flat])
    assert spoke(record, "isolation").text.startswith("depth: 6 is best, by 0.35 before 1")
    silent(record_of([Made(0.5), *deep, *flat], roles={"depth": "nuisance"}), "isolation")
    stopped = [Made(0.6 - n / 100, {"depth": 1}, pruned=True) for n in range(3)]
    finding = spoke(record_of([Made(0.5), *deep, *stopped]), "isolation")
    assert finding.numbers["best"]["1"] == 0.6
    # They would have ended no worse than where they were stopped.
    assert "6 is best, by at most 0.35 before 1" in finding.text


def test_a_value_is_not_best_by_one_lucky_trial() -> None:
    def searched(each: int) -> SearchRecord:
        lucky = [Made(0.95, {"depth": 6}), *[Made(0.6, {"depth": 6})] * (each - 1)]
        return record_of([Made(0.5), *lucky, *[Made(0.7, {"depth": 1})] * each])

    silent(searched(3), "isolation")
    assert "6 leads, by 0.25 before 1, which may be luck" in spoke(searched(6), "isolation").text


def test_that_no_value_stands_out_takes_some_trials_of_each() -> None:
    def searched(each: int, **last: Any) -> SearchRecord:
        values = [{"depth": 1}, {"depth": 6}] * each
        trials = [Made(0.9 + n / 1e4, v, pruned=n > 1) for n, v in enumerate(values)]
        return record_of([Made(0.5), *trials, *[Made(0.91, last)] * bool(last)])

    silent(searched(2), "isolation")
    silent(searched(4), "isolation")
    text = spoke(searched(5), "isolation").text
    assert "no value stands out" in text
    assert text.endswith("Too few trials to compare have 2.")
    # One trial with another value is better than all of these.
    silent(searched(5, depth=3), "isolation")


def test_batch_sizes_on_equal_steps() -> None:
    # In steps the large batch learns faster, in epochs the small one.
    small = Made(0.9, {"batch_size": 16}, scores=[0.5 + 0.02 * n for n in range(20)])
    large = Made(0.9, {"batch_size": 256}, scores=[0.3 + 0.02 * n for n in range(20)])
    finding = spoke(record_of([small, small, large, large]), "batch_size_on_equal_steps")
    assert finding.numbers["steps"] == 20 * 25
    same = Made(0.9, {"batch_size": 256}, scores=[0.5] * 20)
    best = Made(0.9, {"batch_size": 16}, scores=[0.9] * 20)
    silent(record_of([best, best, same, same]), "batch_size_on_equal_steps")


# What next


def test_the_next_round_narrows_to_the_best_quarter() -> None:
    best = [Made(0.9 + n / 1000, {"learning_rate": 1e-3 + n * 1e-4}) for n in range(6)]
    rest = [Made(0.5, {"learning_rate": 10 ** -(1 + n / 4), "depth": 1 + n % 8}) for n in range(14)]
    finding = spoke(record_of([Made(0.5), *best, *rest]), "next_round")
    given = options_of(finding)
    [rate] = [one for one in given["range"] if one.name == "learning_rate"]
    assert 1e-5 < float(rate.low) < 1e-3
    assert 1.5e-3 < float(rate.high) < 0.1
    assert Fix("schedule", "constant") in given["fix"]
    assert given["max_trials"] >= 10
    # What this search has learned is not lost.
    assert given["start_from"] == ("runs/made-up",)


def test_where_most_trials_were_pruned_they_say_where_to_go_on_too() -> None:
    best = [Made(0.9 - n / 100, {"learning_rate": 0.1 - n * 1e-3}, pruned=n > 0) for n in range(6)]
    rest = [Made(0.5, {"learning_rate": 1e-4, "depth": 1 + n}, pruned=True) for n in range(8)]
    record = record_of([Made(0.5), *best, *rest])
    assert spoke(record, "boundary").numbers["best"] == 0.1
    assert spoke(record, "next_round").numbers["changes"]["learning_rate"] == "0.038 to 1"


def test_a_search_in_which_all_were_pruned_says_nothing_of_where_to_go_on() -> None:
    record = record_of([Made(0.5, pruned=True)] * 12)
    silent(record, "next_round")
    silent(record, "boundary")


def test_there_is_no_next_round_before_there_is_a_first_one() -> None:
    silent(record_of([Made(0.5)] * 5), "next_round")


def test_what_was_fixed_is_a_caveat() -> None:
    fixed = {"class_name": "Fixed", "config": {"name": "depth", "value": 3}}
    record = record_of([Made(0.5, {"depth": 3})], space={**SPACE, "depth": fixed})
    assert spoke(record, "caveats").numbers["fixed"] == {"depth": 3}
    silent(record_of([Made(0.5)]), "caveats")


# Inactive hyperparameters, and names that are declared several times


def tuned() -> list[Made]:
    """Ten trials of the space with branches: adam, which has neither momentum nor schedule."""
    values = {"optimizer": "adam", "learning_rate": 1e-3, "layers": 1, "batch_size": 32}
    betas = [{"beta": 0.8 + n / 100} for n in range(10)]
    return [Made(0.6 - n / 100, values | b, bare=True) for n, b in enumerate(betas)]


def with_sgd(score: float, momentum: float, **more: Any) -> Made:
    values = {"optimizer": "sgd", "learning_rate": 1e-3, "layers": 1, "batch_size": 32}
    return Made(score, values | {"momentum": momentum, "nesterov": False} | more, bare=True)


def branched(*trials: Made, **config: Any) -> SearchRecord:
    space = by_name(branching().get_config()["space"])
    return record_of(trials, space=space, **{"roles": {}} | config)


def test_a_range_that_few_trials_have_is_at_no_edge() -> None:
    few = [with_sgd(0.9 - n / 100, 0.499 - n / 1000) for n in range(4)]
    silent(branched(*tuned(), *few), "boundary")


def test_an_edge_of_a_name_with_two_ranges_names_the_branch_and_no_option_for_both() -> None:
    enough = [with_sgd(0.9 - n / 100, 0.499 - n / 1000) for n in range(6)]
    record = branched(*tuned(), *enough)
    finding = spoke(record, "boundary")
    assert finding.text.startswith("The best momentum (optimizer = sgd) is 0.499, at the upper end")
    assert finding.command is None
    # 0.499 is at the lower edge of the other branch's range, which no trial has.
    assert [f.rule for f in findings_of(record)].count("boundary") == 1
    assert "momentum" not in spoke(record, "next_round").numbers["changes"]


def test_what_few_of_the_best_have_is_neither_fixed_nor_narrowed() -> None:
    one = with_sgd(0.9, 0.3, nesterov=True, schedule="constant")
    changes = spoke(branched(one, *tuned(), *tuned()), "next_round").numbers["changes"]
    assert "nesterov" not in changes
    assert "schedule" not in changes
    assert changes["batch_size"] == "= 32"


def test_hyperparameters_of_branches_that_the_next_round_closes_are_not_counted() -> None:
    sgd = [with_sgd(0.9 - n / 100, 0.1 + n / 30) for n in range(10)]
    finding = spoke(branched(*tuned(), *sgd, *sgd), "next_round")
    assert finding.numbers["changes"]["optimizer"] == "= sgd"
    assert finding.numbers["changes"]["layers"] == "= 1"
    assert finding.numbers["changes"]["nesterov"] == "= False"
    # The learning rate, and the momentum of sgd.
    assert "20 trials for the 2 hyperparameters that are left" in finding.text


def test_dropout_that_is_inactive_is_no_dropout_of_zero() -> None:
    space = dict(SPACE)
    condition = {"class_name": "Parent", "config": {"name": "depth", "values": [8]}}
    space["dropout"] = changed(hyperparameter(SPACE["dropout"]), conditions=[condition])
    rising = [*settling(10), *(0.2 + 0.05 * n for n in range(10))]
    falling = [1 / (n + 1) for n in range(20)]
    values = {name: value for name, value in MIDDLE.items() if name != "dropout"}
    made = Made(0.9, values, rising, falling, best_epoch=10, bare=True)
    finding = spoke(record_of([Made(0.8), *[made] * 6], space=space), "overfitting")
    assert finding.command is None


def test_breaking_rates_are_nothing_to_a_best_trial_without_a_rate() -> None:
    broken = [
        Made(None, {"learning_rate": r}, reason="diverged: loss is nan in epoch 2")
        for r in (0.004, 0.01, 0.05)
    ]
    sound = [Made(0.8 + n / 100, {"learning_rate": 1e-4 * 2**n}) for n in range(5)]
    free = Made(0.95, {name: v for name, v in MIDDLE.items() if name != "learning_rate"}, bare=True)
    silent(record_of([Made(0.5), *sound, free, *broken]), "instability")
    # What the best trial lacks does not steady it.
    unscheduled = {n: v for n, v in MIDDLE.items() if n != "schedule"} | {"learning_rate": 3e-3}
    best = Made(0.95, unscheduled, bare=True)
    finding = spoke(record_of([Made(0.5), *sound, best, *broken]), "instability")
    assert finding.command is None


def test_a_space_with_branches_is_exhausted_by_its_points_not_by_their_product() -> None:
    space = finite_space().get_config()["space"]
    points = SearchSpace(space).points
    assert points is not None
    trials = [Made(0.5 + n / 100, points.point(n), bare=True) for n in range(points.size)]
    silent(record_of(trials, space=by_name(space)), "too_few_trials")
    spoke(record_of(trials[:-1], space=by_name(space)), "too_few_trials")


def test_the_defaults_of_a_space_with_branches_are_known() -> None:
    record = branching_record(12)
    assert record.default is record.history.trials[0]
    assert branched(with_sgd(0.5, 0.1), *tuned()).default is None
    default = SearchSpace(branching().get_config()["space"]).defaults()
    assert branched(Made(0.5, default | {"beta": 0.85}, bare=True), *tuned()).default is None


def test_the_defaults_of_a_model_of_ones_own_are_not_called_published() -> None:
    for model, named in [("mlp", "published"), ("my_model.py:build_model", "the default values")]:
        record = record_of([Made(0.5)] * 3, model=model, chance={"val_accuracy": 0.5})
        texts = " ".join(f"{f.text} {f.why}" for f in findings_of(record))
        assert named in texts
        assert ("published" in texts) == (model == "mlp")


def test_importance_is_that_of_where_a_hyperparameter_is_active() -> None:
    found = importance(branching_record(150))
    assert found is not None
    record_shares = [(h.name, h.conditions_text, share) for h, share in found.shares]
    assert [name for name, _, _ in record_shares[:2]] == ["optimizer", "momentum"]
    assert record_shares[1][1] == "optimizer = sgd"
    assert all(0 <= share <= 1 for _, _, share in record_shares)
    rest = [share for _, _, share in record_shares[2:]]
    assert max(rest) < 0.02
    # In different branches: they decide nothing together.
    pairs = [{h.conditions_text for h in one.pair} for one in found.interactions]
    assert {"optimizer = sgd", "optimizer = rmsprop"} not in pairs


# All of them


def unruly(values: dict[str, Any]) -> float | None:
    """A score that depends on what may be inactive, or none."""
    if values.get("rate_2", 0.0) > 0.3 or values["learning_rate"] > 0.03:
        return None
    return 0.5 + values["learning_rate"] + values.get("momentum", 0.0) / 3


@pytest.mark.parametrize("score", [None, unruly])
@pytest.mark.parametrize("trials", [2, 9, 30, 120])
def test_commands_for_a_space_with_branches_can_be_followed(trials: int, score: Any) -> None:
    record = branching_record(trials, score)
    commands = [f.command for f in findings_of(record) if f.command is not None]
    assert commands
    for command in commands:
        if command.startswith("python tune.py"):
            given_options = search_parser().given(shlex.split(command)[2:])
            fixes, ranges = given_options.get("fix", ()), given_options.get("range", ())
            SearchSpace(adjusted_space(record.space.declarations, fixes, ranges))


made_up = st.builds(
    Made,
    st.none() | st.floats(-10, 10),
    st.fixed_dictionaries(
        {
            "learning_rate": st.floats(1e-5, 1e-1),
            "batch_size": st.sampled_from([16, 32, 64, 128, 256]),
            "depth": st.integers(1, 8),
            "dropout": st.floats(0.1, 0.5),
            "schedule": st.sampled_from(["constant", "warmup_cosine"]),
        }
    ),
    st.lists(st.floats(-5, 5), max_size=20),
    st.lists(st.floats(-5, 5), max_size=20),
    st.lists(st.floats(-5, 5), max_size=20),
)


@given(st.lists(made_up, max_size=25), st.sampled_from(["min", "max"]))
def test_whatever_a_search_was_like_findings_are_json_and_commands_parse(
    trials: list[Made], direction: Any
) -> None:
    record = record_of(trials, objective=Objective("val_loss", direction), chance={"val_loss": 0.5})
    for finding in findings_of(record):
        json.dumps(finding.as_dict(), allow_nan=False)
        if finding.command is not None:
            program, *words = shlex.split(finding.command)[1:]
            parser = {"tune.py": search_parser, "train.py": train_parser}[program]()
            given_options = parser.given(words)
            if program == "tune.py" and not set(PROBES) & set(given_options):
                SearchOptions().updated(given_options)


def test_problems_come_first() -> None:
    record = record_of([Made(0.5), *[Made(None)] * 4], chance={"val_accuracy": 0.5})
    severities = [finding.severity for finding in findings_of(record)]
    assert severities[0] == "problem"
    assert severities == sorted(severities, key=["problem", "advice", "note"].index)


# Waiting for data


def test_long_waits_for_data_are_told_but_for_the_first_epoch() -> None:
    finding = spoke(record_of([Made(0.8, waits=[0.0, 0.6, 0.8]), Made(0.7)]), "waits_for_data")
    assert "70%" in finding.text
    silent(record_of([Made(0.8, waits=[0.9, 0.1, 0.2])]), "waits_for_data")
    silent(record_of([Made(0.8)]), "waits_for_data")
