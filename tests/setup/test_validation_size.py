"""Validation sets that are too small to tell trials apart."""

import dataclasses
from typing import Any, cast

import numpy as np
import pytest

from data import Dataset, load_dataset
from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import Preparation
from tuner.setup.validation_size import validation_advice
from tuner.trials.objective import Objective

ACCURACY, LOSS = Objective("val_accuracy", "max"), Objective("val_loss", "min")


@dataclasses.dataclass
class Prepared:
    """What the advice asks of a preparation."""

    dataset: Dataset
    objective: Objective = ACCURACY
    options: SearchOptions = dataclasses.field(default_factory=SearchOptions)


def advice(dataset: Dataset, objective: Objective = ACCURACY, **options: Any) -> str | None:
    prepared = Prepared(dataset, objective, SearchOptions(**options))
    return validation_advice(cast(Preparation, prepared))


def test_the_default_data_draw_no_warning() -> None:
    assert advice(load_dataset("digits")) is None


def test_what_one_example_is_worth_is_said() -> None:
    assert advice(load_dataset("wine")) == (
        "27 validation examples: one more right is 0.037 of val_accuracy, and chance alone moves "
        "it by up to ±0.10 (one standard error): --folds 5 compares trials on all 151"
    )
    assert advice(load_dataset("diabetes"), LOSS) == (
        "66 validation examples: chance alone moves a mean squared error by ±17% (one standard "
        "error, if errors are normal): --folds 5 compares trials on all 376"
    )
    told = advice(load_dataset("diabetes"), Objective("val_other_auc", "max"))
    assert told is not None
    assert told.startswith("66 validation examples are few to tell trials apart by val_other_auc: ")
    told = advice(load_dataset("wine"), Objective("val_auc", "max"))
    assert told is not None
    assert told.startswith("27 validation examples are few to tell trials apart by val_auc: ")


def test_with_folds_there_is_nothing_to_say() -> None:
    assert advice(load_dataset("wine"), folds=3) is None


def with_groups(dataset: Dataset, sizes: tuple[int, int]) -> Dataset:
    """Return a dataset whose training and validation examples have so many groups."""
    groups = [np.arange(len(dataset.train)) % sizes[0], np.arange(len(dataset.validation))]
    return dataclasses.replace(
        dataset,
        train=dataclasses.replace(dataset.train, groups=groups[0]),
        validation=dataclasses.replace(dataset.validation, groups=1000 + groups[1] % sizes[1]),
    )


def test_few_groups_are_few_however_many_examples_they_have() -> None:
    assert advice(with_groups(load_dataset("digits"), (40, 10))) is None
    told = advice(with_groups(load_dataset("digits"), (40, 4)))
    assert told == (
        "270 validation examples are of 4 groups, and which ones these are moves val_accuracy as "
        "chance does: --folds 5 compares trials on all 1527"
    )


@pytest.mark.parametrize(
    ("change", "way"),
    [
        ({"own_validation": True}, "more validation examples would tell trials apart"),
        ({"time": True}, "--folds 5 compares trials on 125"),
    ],
)
def test_the_way_out_is_one_that_works(change: dict[str, bool], way: str) -> None:
    dataset = load_dataset("wine")
    if "time" in change:
        train = dataclasses.replace(dataset.train, time=np.arange(len(dataset.train)))
        later = dataclasses.replace(dataset.validation, time=200 + np.arange(27))
        dataset = dataclasses.replace(dataset, train=train, validation=later)
    else:
        dataset = dataclasses.replace(dataset, **change)  # type: ignore[arg-type]
    told = advice(dataset)
    assert told is not None
    assert told.endswith(f": {way}")


def test_fewer_folds_where_groups_are_few() -> None:
    told = advice(with_groups(load_dataset("wine"), (2, 1)))
    assert told is not None
    assert told.endswith("--folds 3 compares trials on all 151")
