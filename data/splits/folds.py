"""The folds of a cross-validation, as scikit-learn divides: stratified, by groups, or in time."""

import itertools

import numpy as np

from data.errors import InputError
from data.split import Split
from data.splits.splitting import (
    blocks_in_time,
    require_classes,
    require_examples,
    require_parts,
)

# The indices of the training part and of the validation part.
Fold = tuple[np.ndarray, np.ndarray]


def fold_indices(
    split: Split, class_names: tuple[str, ...], k: int, folds: int, seed: int, repeats: int
) -> Fold:
    """Return the indices of the training and of the validation part of fold `k`.

    Fold `k` of the second division is number `folds + k`, and so on. With times, the blocks of
    `blocks_in_time` are cut into `folds + 1` parts, and each fold validates on one of them and
    trains on all that come before it.

    Raises:
        InputError: A class has fewer examples than there are folds, or none in the training part of
            one; there are too few groups or times; or times are to be divided in several ways.
    """
    require_examples(folds, split, class_names, f"one for each of {folds} folds")
    if split.time is None and split.groups is None:
        return _drawn(split, class_names, k, folds, seed, repeats)
    if split.time is not None:
        parts = _in_time(split, folds, repeats)
    else:
        parts = _of_groups(split, class_names, folds, seed, repeats)
    for number, (train, validation) in enumerate(parts):
        if not len(train) or not len(validation):
            raise InputError(
                f"Expected groups that can be divided into {folds} folds, received some so large "
                "that a fold is empty: give fewer --folds."
            )
        splits = {"train": split.take(train), "validation": split.take(validation)}
        require_classes(splits, class_names, f" of fold {number} of {folds}", drawn=True)
    return parts[k]


def _drawn(
    split: Split, class_names: tuple[str, ...], k: int, folds: int, seed: int, repeats: int
) -> Fold:
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    splitter = RepeatedStratifiedKFold if class_names else RepeatedKFold
    divisions = splitter(n_splits=folds, n_repeats=repeats, random_state=seed)
    return next(itertools.islice(divisions.split(split.y, split.y), k, None))


def _in_time(split: Split, folds: int, repeats: int) -> list[Fold]:
    from sklearn.model_selection import TimeSeriesSplit

    if repeats > 1:
        raise InputError(
            f"Expected examples that can be divided in several ways for --repeats {repeats}, but "
            "in the order of time there is one way: leave out --repeats or the time."
        )
    blocks = blocks_in_time(split)
    count = blocks.max() + 1
    require_parts(count, folds + 1, split, f"one more than the {folds} folds")
    return [
        (np.flatnonzero(np.isin(blocks, train)), np.flatnonzero(np.isin(blocks, validation)))
        for train, validation in TimeSeriesSplit(folds).split(np.arange(count))
    ]


def _of_groups(
    split: Split, class_names: tuple[str, ...], folds: int, seed: int, repeats: int
) -> list[Fold]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    groups = np.asarray(split.groups)
    require_parts(len(np.unique(groups)), folds, split, f"one for each of {folds} folds")
    splitter = StratifiedGroupKFold if class_names else GroupKFold
    # One generator for all divisions, each of which is then another one.
    divide = splitter(folds, shuffle=True, random_state=np.random.RandomState(seed)).split
    return [fold for _ in range(repeats) for fold in divide(split.y, split.y, groups)]
