"""Which examples are for training, for validation and for the test.

A dataset without splits of its own is divided 70 : 15 : 15. One that brings its test split keeps
it, and 15 % of the rest are for validation. Classes keep their proportions in every split.

Examples of one group stay in one split. Where examples have a time, the latest are for the test and
those before them for validation, and those of one time stay together. With both, whole groups do,
in the order of their latest times.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from data.errors import InputError
from data.sources.examples import Examples
from data.split import Split
from data.splits.too_few import too_few

HELD_OUT = 0.15
ORDER = ("train", "validation", "test")

# Of so many draws of whole groups, the one that comes nearest to the proportions is taken.
DRAWS = 100

# So many places are tried for each cut in time, of which there are two at most.
CUTS = 30


def draw_splits(examples: Examples, class_names: tuple[str, ...], seed: int) -> dict[str, Split]:
    """Return "train", "validation" and "test", drawn with `seed` where the source has none.

    Args:
        examples: With targets as numbers.
        class_names: Where each example has a class: these keep their proportions.
        seed: 0 is a seed.

    Raises:
        InputError: A class has fewer examples than there are splits to draw them for, or none for
            training; there are too few groups or times to divide; or splits of the source share
            groups, or are not one after the other.
    """
    splits = dict(examples.splits)
    _check_given(splits)
    require_classes(splits, class_names)
    wanted = [name for name in ("test", "validation") if name not in splits]
    train = splits["train"]
    require_examples(1 + len(wanted), train, class_names, "one for each split")
    if wanted:
        splits |= {n: train.take(rows) for n, rows in _drawn(train, wanted, class_names, seed)}
    _check_order(splits)
    _check_sizes(splits, wanted)
    require_classes(splits, class_names, drawn=True)
    return {name: splits[name].apart() for name in ORDER}


def division_notes(splits: dict[str, Split], groups: str, time: str) -> Iterator[str]:
    """Yield sentences on how groups and times lie in the splits.

    Args:
        splits: "train", "validation" and "test".
        groups: What the groups are called.
        time: What the times are called.
    """
    parts = [(name, splits[name]) for name in ORDER]
    sizes = [(name, len(np.unique(s.groups))) for name, s in parts if s.groups is not None]
    if sizes:
        counts = ", ".join(f"{size} in {name}" for name, size in sizes)
        yield f"{groups}: each value is in one split: {counts}"
    spans = [
        f"{name} {_text(s.time.min())} to {_text(s.time.max())}"
        for name, s in parts
        if s.time is not None
    ]
    if spans:
        yield f"{time}: the splits follow each other: {', '.join(spans)}"


def _drawn(
    train: Split, wanted: list[str], class_names: tuple[str, ...], seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the rows of each wanted split, and those that are left for "train"."""
    held_out = max(round(HELD_OUT * len(train)), 1)
    rows = np.arange(len(train))
    # Without the inputs, which may be large: they are copied once, at the end.
    left = Split({}, train.y, groups=train.groups, time=train.time)
    if train.time is not None:
        masks = _latest(left, held_out, len(wanted))
        yield from ((name, np.flatnonzero(mask)) for name, mask in zip(wanted, masks, strict=True))
        yield "train", np.flatnonzero(~np.any(masks, axis=0))
        return
    for splits, name in zip(range(len(wanted), 0, -1), wanted, strict=True):
        if train.groups is None:
            stay, leave = _one_by_one(left, held_out, class_names, seed)
        else:
            mask = _whole_groups(left, held_out, splits, class_names, seed)
            stay, leave = np.flatnonzero(~mask), np.flatnonzero(mask)
        yield name, rows[leave]
        rows, left = rows[stay], left.take(stay)
    yield "train", rows


def _one_by_one(
    train: Split, held_out: int, class_names: tuple[str, ...], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what stays and what leaves, each example by itself."""
    from sklearn.model_selection import train_test_split

    stay, leave = train_test_split(
        np.arange(len(train)),
        # At least one example of each class on average, which scikit-learn needs to stratify.
        test_size=max(held_out, len(class_names)),
        random_state=seed,
        stratify=train.y if class_names else None,
    )
    return stay, leave


def _latest(train: Split, held_out: int, count: int) -> list[np.ndarray]:
    """Return a mask of what leaves for each of `count` splits, the latest one first.

    They are whole blocks, as many as come nearest to `held_out` examples in each, but, if there is
    a way, no more than stay.
    """
    blocks = blocks_in_time(train)
    sizes = np.bincount(blocks)
    require_parts(len(sizes), count + 1, train, "one for each split")
    later = np.concatenate([[0], np.cumsum(sizes[::-1])])  # the examples of the last k blocks

    def ends(begin: int, staying: int) -> list[int]:
        """Return how many blocks may have left after this split, the likeliest numbers first."""
        places = np.arange(begin + 1, len(sizes) - staying + 1)
        far = np.abs(later[places] - later[begin] - held_out)
        return places[np.argsort(far, kind="stable")[:CUTS]].tolist()

    cuts: list[tuple[int, ...]] = [(0,)]
    for staying in range(count, 0, -1):
        cuts = [(*cut, end) for cut in cuts for end in ends(cut[-1], staying)]

    def error(cut: tuple[int, ...]) -> tuple[bool, int]:
        parts = np.diff(later[list(cut)])
        return bool(parts.max() > len(train) - later[cut[-1]]), int(np.abs(parts - held_out).sum())

    best, from_the_end = min(cuts, key=error), len(sizes) - 1 - blocks
    return [
        (begin <= from_the_end) & (from_the_end < end) for begin, end in itertools.pairwise(best)
    ]


def _whole_groups(
    train: Split, held_out: int, left: int, class_names: tuple[str, ...], seed: int
) -> np.ndarray:
    """Return a mask of groups with about `held_out` examples, drawn at random; `left` groups stay.

    scikit-learn's GroupShuffleSplit draws a share of the groups, however large they are and
    whatever classes they have. So this takes the best of several draws, by the share that each
    class has in it.
    """
    names, group = np.unique(np.asarray(train.groups), return_inverse=True)
    require_parts(len(names), left + 1, train, "one for each split")
    classes = train.y if class_names else np.zeros(len(train), int)
    _, classes = np.unique(classes, return_inverse=True)
    counts = np.zeros((len(names), classes.max() + 1))
    np.add.at(counts, (group, classes), 1)
    shares, sizes = counts / counts.sum(axis=0), counts.sum(axis=1)
    wanted, dice = held_out / len(train), np.random.default_rng(seed)

    def draw() -> np.ndarray:
        order = dice.permutation(len(names))
        filled = np.cumsum(sizes[order])[: len(names) - left]
        return order[: 1 + np.abs(filled - held_out).argmin()]

    def error(chosen: np.ndarray) -> float:
        return float(((shares[chosen].sum(axis=0) - wanted) ** 2).sum())

    return np.isin(group, min((draw() for _ in range(DRAWS)), key=error))


def blocks_in_time(split: Split) -> np.ndarray:
    """Return the place in time of the block of each example, from 0: `(n,)`.

    A block is never divided: the examples of one time. With groups, all those of the groups whose
    latest time it is.
    """
    _, blocks = np.unique(np.asarray(split.time), return_inverse=True)
    if split.groups is None:
        return blocks
    names, group = np.unique(split.groups, return_inverse=True)
    latest = np.zeros(len(names), int)
    np.maximum.at(latest, group, blocks)
    return np.unique(latest[group], return_inverse=True)[1]


def require_examples(needed: int, split: Split, class_names: tuple[str, ...], why: str) -> None:
    """Raise unless there are so many examples, of each class where there are some."""
    many = np.array([len(split)])
    counts = np.bincount(split.y, minlength=len(class_names)) if class_names else many
    if (refusal := too_few(needed, counts, class_names, why)) is not None:
        raise refusal


def require_parts(received: int, needed: int, split: Split, why: str) -> None:
    """Raise unless there are so many groups or times, which are never divided."""
    if received >= needed:
        return
    if split.time is None:
        what, option = "groups", "--groups"
    elif split.groups is None:
        what, option = "different times", "--time"
    else:
        what, option = "different times at which groups end", "--groups or --time"
    raise InputError(
        f"Expected at least {needed} {what}, {why}, received {received}: leave out {option}, or "
        "add examples."
    )


def require_classes(
    splits: dict[str, Split], class_names: tuple[str, ...], where: str = "", *, drawn: bool = False
) -> None:
    """Raise unless every class is among the training examples: no other can be learned.

    Args:
        splits: Among them "train".
        class_names: Empty for regression.
        where: What comes after "the training examples" in the message.
        drawn: Whether they were divided here, by groups or times that may be the reason.
    """
    train = splits["train"]
    if not class_names:
        return
    lacking = np.setdiff1d(np.concatenate([split.y for split in splits.values()]), train.y)
    if not len(lacking):
        return
    counts = {name: int((split.y == lacking[0]).sum()) for name, split in splits.items()}
    elsewhere = ", ".join(f"{count} in {name}" for name, count in counts.items() if count)
    why, option = "", " (--rare-classes leave-out)"
    if drawn:
        why = "too few groups have it: " if train.time is None else "it comes too late in time: "
        option = ""
    raise InputError(
        f"Expected every class among the training examples{where}, received none of class "
        f'"{class_names[lacking[0]]}" ({elsewhere}): {why}add training examples of it, or leave it '
        f"out{option}."
    )


def _check_given(splits: dict[str, Split]) -> None:
    """Raise unless all splits of a source have groups and times, or none has."""
    for what in ("groups", "time"):
        values = {name: getattr(split, what) for name, split in splits.items()}
        having = [name for name, some in values.items() if some is not None]
        if 0 < len(having) < len(splits):
            raise InputError(
                f"Expected {what} in every split or in none, received some in {', '.join(having)} "
                f"alone, of {', '.join(splits)}."
            )
        if any((values[name] != values[name]).any() for name in having):
            raise InputError(f"Expected {what} for every example, received some that are NaN.")


def _check_order(splits: dict[str, Split]) -> None:
    """Raise if groups are in two splits, or times are not one after the other.

    What was drawn here never is; what a source or a person gives may be.
    """
    for one, other in itertools.combinations(ORDER, 2):
        before, after = splits[one], splits[other]
        if before.groups is not None and after.groups is not None:
            shared = np.intersect1d(before.groups, after.groups)
            if len(shared):
                raise InputError(
                    f"Expected every group in one split, received {len(shared)} both in {one} and "
                    f'in {other}, such as "{shared[0]}": remove them from one, or leave out the '
                    "groups."
                )
        elif before.time is not None and after.time is not None:
            begins, goes_on = after.time.min(), before.time.max()
            if begins < goes_on:
                raise InputError(
                    f"Expected the {other} examples to be later than those of {one}, which go on "
                    f"until {_text(goes_on)}, received some of {_text(begins)}"
                    ": give files that follow each other, or leave out the time."
                )


def _check_sizes(splits: dict[str, Split], drawn: list[str]) -> None:
    """Raise if a group or a time is so large that most examples had to go with it."""
    train = splits["train"]
    for name in drawn:
        if len(splits[name]) > len(train):
            what = "groups" if train.time is None else "times"
            if train.time is not None and train.groups is not None:
                what = "times at which groups end"
            raise InputError(
                f"Expected {what} that leave most examples to training, received so large ones "
                f"that there are {len(train)} for training and {len(splits[name])} in {name}: "
                "leave out --groups or --time."
            )


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
