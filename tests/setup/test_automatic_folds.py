"""Small tables are compared in folds where nobody says otherwise."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from data import Dataset, load_dataset
from tuner.command_line.options import SEARCH_OPTIONS, SearchOptions
from tuner.setup.automatic_folds import FEWEST_VALIDATION, FOLDS, with_folds


def folds(dataset: Dataset, **options: Any) -> int | None:
    return with_folds(SearchOptions(**options), dataset).folds


def with_rows(dataset: Dataset, validation: int) -> Dataset:
    """Return a dataset that has so many validation rows."""
    rows = np.arange(validation) % len(dataset.validation)
    return dataclasses.replace(dataset, validation=dataset.validation.take(rows))


def test_few_rows_have_folds_and_enough_have_none() -> None:
    wine = load_dataset("wine")
    assert folds(wine) == FOLDS
    assert folds(load_dataset("diabetes")) == 0
    assert folds(with_rows(wine, FEWEST_VALIDATION - 1)) == FOLDS
    assert folds(with_rows(wine, FEWEST_VALIDATION)) == 0


def test_tables_count_as_arrays_and_images_do_not(orders: Dataset) -> None:
    assert isinstance(orders.train.x, dict)
    assert folds(with_rows(orders, 20)) == FOLDS
    assert folds(with_rows(load_dataset("digits"), 20)) == 0


@pytest.mark.parametrize("said", [0, 3])
def test_what_is_said_stays(said: int) -> None:
    assert folds(load_dataset("wine"), folds=said) == said


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"strategy": "hyperband"}, 0),
        ({"pruner": "median"}, 0),
        ({"settings": {"pruner_error_rate": 0.2}}, 0),
        ({"pruner": "none"}, FOLDS),
        ({"staged": True}, FOLDS),
    ],
)
def test_what_ends_trials_by_their_curves_has_none(options: dict[str, Any], expected: int) -> None:
    assert folds(load_dataset("wine"), **options) == expected


def test_what_is_kept_apart_or_cannot_be_divided_has_none() -> None:
    wine = load_dataset("wine")
    assert folds(dataclasses.replace(wine, own_validation=True)) == 0
    y = np.array(wine.train.y)
    y[y == 2] = 1
    y[:3] = 2
    few = dataclasses.replace(wine.train, y=y)
    validation = dataclasses.replace(wine.validation, y=wine.validation.y % 2)
    assert folds(dataclasses.replace(wine, train=few, validation=validation)) == 0


def test_the_options_name_the_numbers_of_the_rule() -> None:
    shown = SEARCH_OPTIONS["folds"].shown
    assert shown is not None
    assert shown.startswith(f"{FOLDS} for a table with fewer than {FEWEST_VALIDATION} ")
