"""A new training that falls short of its score in the search, and what that is measured by."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tuner.command_line.options import SearchOptions
from tuner.retraining.choice import Choice, Configuration
from tuner.retraining.shortfall import SHARE, shortfall
from tuner.setup.preparation import Preparation
from tuner.trials.objective import Objective

ACCURACY, LOSS = Objective("val_accuracy", "max"), Objective("val_loss", "min")


def choice(
    before: float | None,
    folds: tuple[float, ...] = (),
    objective: Objective = ACCURACY,
    **details: Any,
) -> Choice:
    """Return the choice of trial 7, of a search with 100 validation examples."""
    prepared = SimpleNamespace(
        objective=objective,
        dataset=SimpleNamespace(validation=range(100)),
        options=SearchOptions(folds=len(folds)),
    )
    known = {"seeds": 1, "default": None, "final_fit": False, "ensemble": 0}
    known |= {"folder": Path("a")} | details
    configuration = Configuration({}, "trial 7 of a", before, fold_scores=folds)
    return Choice(cast(Preparation, prepared), configuration, **known)


def short(*scores: float, **known: Any) -> bool:
    return shortfall(choice(**known), scores) is not None


def test_an_accuracy_has_its_binomial_error() -> None:
    # sqrt(0.9 * 0.1 / 100) = 0.03
    assert not short(0.85, before=0.9)
    assert short(0.83, before=0.9)
    assert not short(0.99, before=0.9)
    assert not short(0.99, before=1.0)  # One of 100 wrong, where none was.


def test_with_folds_a_training_is_one_more_of_them() -> None:
    folds = (0.8, 0.9, 1.0)  # 0.1 * sqrt(1 + 1/3) = 0.115
    assert not short(0.68, before=0.9, folds=folds)
    assert short(0.66, before=0.9, folds=folds)


def test_a_loss_has_what_seeds_show_or_a_share_of_itself() -> None:
    assert not short(1 + 1.9 * SHARE, before=1.0, objective=LOSS)
    assert short(1 + 2.1 * SHARE, before=1.0, objective=LOSS)
    assert not short(1.2, 1.0, before=1.0, objective=LOSS)
    assert short(1.21, 1.2, before=1.0, objective=LOSS)


@pytest.mark.parametrize("known", [{"before": None}, {"before": 0.9, "as_in_the_search": False}])
def test_what_cannot_be_compared_is_not(known: dict[str, Any]) -> None:
    assert not short(0.1, **known)


def test_the_warning_has_both_numbers_the_cause_and_what_to_do() -> None:
    told = shortfall(choice(0.9), [0.8])
    assert told is not None
    assert told["lost"] == pytest.approx(0.1)
    assert told["text"] == (
        "trained again, trial 7 of a came to val_accuracy 0.8000, where the search had 0.9000: "
        "worse by more than 2 standard errors (0.031 each), probably by chance in the search, with "
        "100 validation examples: train more often (--seeds 5), or search with tune.py --folds 5, "
        "or train another trial (--trial N)"
    )
    with_folds = shortfall(choice(0.9, (0.89, 0.9, 0.91), seeds=5), [0.8])
    assert with_folds is not None
    assert with_folds["text"].endswith("100 validation examples: train another trial (--trial N)")
