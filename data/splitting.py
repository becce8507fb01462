"""Which examples are for training, for validation and for the test.

A dataset without splits of its own is divided 70 : 15 : 15. One that brings its test split keeps
it, and 15 % of the rest are for validation. Classes keep their proportions in every split.
"""

import itertools

import numpy as np

from data.sources.examples import Examples
from data.split import Split
from data.too_few import too_few

HELD_OUT = 0.15


def draw_splits(examples: Examples, class_names: tuple[str, ...], seed: int) -> dict[str, Split]:
    """Return "train", "validation" and "test", drawn with `seed` where the source has none.

    Raises:
        InputError: A class has fewer examples than there are splits to draw them for.
    """
    from sklearn.model_selection import train_test_split

    splits = dict(examples.splits)
    wanted = [name for name in ("test", "validation") if name not in splits]
    _require(1 + len(wanted), splits["train"].y, class_names, "one for each split")
    # At least one example of each class on average, which scikit-learn needs to stratify.
    held_out = max(round(HELD_OUT * len(splits["train"])), len(class_names), 1)
    for name in wanted:
        train = splits["train"]
        stay, leave = train_test_split(
            np.arange(len(train)),
            test_size=held_out,
            random_state=seed,
            stratify=train.y if class_names else None,
        )
        splits["train"], splits[name] = train.take(stay), train.take(leave)
    return {name: splits[name] for name in ("train", "validation", "test")}


def fold_indices(
    y: np.ndarray, class_names: tuple[str, ...], k: int, folds: int, seed: int, repeats: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the training and of the validation part of fold `k`.

    Fold `k` of the second division is number `folds + k`, and so on.

    Raises:
        InputError: A class has fewer examples than there are folds.
    """
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    _require(folds, y, class_names, f"one for each of {folds} folds")
    splitter = RepeatedStratifiedKFold if class_names else RepeatedKFold
    divisions = splitter(n_splits=folds, n_repeats=repeats, random_state=seed).split(y, y)
    return next(itertools.islice(divisions, k, None))


def _require(needed: int, y: np.ndarray, class_names: tuple[str, ...], why: str) -> None:
    counts = np.bincount(y, minlength=len(class_names)) if class_names else np.array([len(y)])
    if (refusal := too_few(needed, counts, class_names, why)) is not None:
        raise refusal
