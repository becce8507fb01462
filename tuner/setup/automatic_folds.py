"""In how many folds a search compares its trials where nobody says it."""

from dataclasses import replace

from data import Dataset
from data.errors import InputError
from tuner.command_line.choices import PRUNERS
from tuner.command_line.options import SearchOptions

# Of fewer validation rows each is worth more than 0.02 of an accuracy, and chance chooses. Folds
# compare on all, and take up to five times as long.
FEWEST_VALIDATION = 50
FOLDS = 5


def with_folds(options: SearchOptions, dataset: Dataset) -> SearchOptions:
    """Return options that say in how many folds trials are compared; 0: on the validation split.

    What they say already stays. Else small tables, and arrays `(n, columns)`, are compared in
    folds, unless they cannot be divided, have a validation split of their own, or the options ask
    for something that ends trials by their learning curves.
    """
    if options.folds is not None:
        return options
    wanted = chooses_by_chance(dataset) and not _ends_by_curves(options)
    return replace(options, folds=FOLDS if wanted and _divisible(dataset) else 0)


def chooses_by_chance(dataset: Dataset) -> bool:
    """Tell whether a table has so few validation rows of ours that chance chooses by them."""
    x = dataset.train.x
    rows = isinstance(x, dict) or (x.ndim == 2 and dataset.image_shape is None)
    few = len(dataset.validation) < FEWEST_VALIDATION
    return rows and few and not dataset.own_validation


def _ends_by_curves(options: SearchOptions) -> bool:
    own = {name for pruner in PRUNERS.values() for name in pruner.settings}
    return (
        options.strategy in PRUNERS
        or options.pruner not in (None, "none")
        or not own.isdisjoint(options.settings)
    )


def _divisible(dataset: Dataset) -> bool:
    try:
        dataset.fold(0, FOLDS)
    except InputError:
        return False
    return True
