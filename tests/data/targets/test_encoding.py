"""The task, the classes, and targets as numbers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data import Dataset, load_dataset
from data.errors import InputError

Write = Callable[..., str]
N = 60
X = np.arange(N, dtype=float)[:, np.newaxis]
LABELS = (np.arange(3 * N).reshape(N, 3) % 4 == 0).astype(int)  # 0 or 1 of three a row.
LABELS[::4, 1:] = 1
NAMES = np.array([f"name {i}" for i in range(N)])
PRICES = np.array([*(f"{i}.50" for i in range(N - 2)), "on request", "on request"])


@pytest.mark.parametrize(
    ("y", "task", "class_names"),
    [
        (np.arange(N) % 3 + 5, "classification", ("5", "6", "7")),
        (np.arange(N) % 2 * 1.0, "classification", ("0", "1")),
        (np.arange(N) % 2 == 0, "classification", ("False", "True")),
        (np.array(["b", "a"] * 30), "classification", ("a", "b")),
        (np.arange(N) % 20, "classification", tuple(map(str, range(20)))),
        (np.arange(N) % 21, "regression", ()),
        (np.where(np.arange(N) == 7, 44, np.arange(N) % 10), "regression", ()),
        (np.arange(N) % 3 + 0.5, "regression", ()),
        (np.arange(N) * 1.0, "regression", ()),
    ],
)
def test_task_follows_from_the_targets(
    write_npz: Write, y: np.ndarray, task: str, class_names: tuple[str, ...]
) -> None:
    dataset = load_dataset(write_npz(x=X, y=y))

    assert dataset.task == task
    assert dataset.class_names == class_names
    assert dataset.train.y.dtype == (np.int32 if class_names else np.float32)


def test_an_amount_is_told_and_may_be_classes_all_the_same(write_npz: Write) -> None:
    path = write_npz(x=X, y=np.where(np.arange(N) == 7, 44, np.arange(N) % 10))

    assert one_note(load_dataset(path)).endswith(
        ", since some of 11 whole numbers occur less than 3 times; --task overrules"
    )
    assert load_dataset(path, rare_classes="leave-out").class_names == tuple("0123456789")


def test_targets_stay_with_their_inputs(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=np.array(["c", "a", "b"] * 20)))

    for split in (dataset.train, dataset.validation, dataset.test):
        assert isinstance(split.x, np.ndarray)
        np.testing.assert_array_equal(split.y, (split.x[:, 0].astype(int) + 2) % 3)


def test_task_can_be_chosen(write_npz: Write) -> None:
    half_steps = write_npz(x=X, y=np.arange(N) % 3 + 0.5)

    assert load_dataset(half_steps, task="classification").class_names == ("0.5", "1.5", "2.5")
    assert load_dataset("digits", task="regression").task == "regression"


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        (np.arange(N), "classification", "received 60 distinct targets in 60 examples"),
        (np.arange(N) % 3, "clasification", 'Did you mean "classification"'),
        (
            np.array(["b", "a"] * 30),
            "regression",
            'text such as "a".*or give --task class',
        ),
        (np.array(["a"] * N), "auto", '"a" in all 60 examples'),
        (np.where(np.arange(N) == 3, np.inf, 1.5), "auto", "received 1 that are infinite"),
        (np.arange(N) * 1e300, "regression", "fit in 32 bits"),
        (np.arange(N) // 2 * 0.1, "classification", "30 distinct targets"),
        (np.arange(N) // 59, "auto", 'at least 3 examples of class "1"'),
        (LABELS, "classification", "rows of zeros and a one, received 30 other rows"),
        (LABELS + 0.5, "multi-label", "rows of 0 and 1, one for each label"),
        (0 * LABELS, "auto", '"0" in all 60'),
        (np.array(["b", "a"] * 30), "multi-label", "received such as b"),
        (NAMES, "auto", "a name or free text: choose another target, or give --rare-classes leave"),
        (PRICES, "auto", 'most are numbers, but "on request" is none .* leave them empty'),
    ],
)
def test_targets_that_do_not_suit_the_task_are_refused(
    write_npz: Write, y: np.ndarray, task: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(write_npz(x=X, y=y), task=task)


def test_many_fractions_are_no_classes(write_npz: Write) -> None:
    path = write_npz(x=np.zeros((300, 1)), y=np.arange(300) % 30 * 0.1)

    with pytest.raises(InputError, match=r"30 distinct targets in 300 examples.*--task regression"):
        load_dataset(path, task="classification")


def test_two_messages_do_not_send_each_other_in_circles(write_npz: Write) -> None:
    for y in (NAMES, PRICES):
        for task in ("auto", "regression"):
            with pytest.raises(InputError) as refusal:
                load_dataset(write_npz(x=X, y=y), task=task)
            assert "--task" not in str(refusal.value)


def test_one_hot_rows_are_classes(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=np.eye(3)[np.arange(N) % 3]))

    assert (dataset.task, dataset.class_names) == ("classification", ("0", "1", "2"))
    np.testing.assert_array_equal(dataset.test.y, dataset.test.x[:, 0] % 3)
    assert "3 classes, rarest 0 (20), since each row is zeros and a one; --task" in one_note(
        dataset
    )


def test_a_column_of_one_hot_rows_without_a_one_is_no_class(write_npz: Write) -> None:
    names = np.array(["a", "b", "c"])
    dataset = load_dataset(write_npz(x=X, y=np.eye(3)[np.arange(N) % 2 * 2], label_names=names))

    assert dataset.class_names == ("a", "c")


def test_rows_of_0_and_1_are_labels(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=LABELS == 1))

    assert dataset.task == "multi-label"
    assert dataset.class_names == ("label_0", "label_1", "label_2")
    assert dataset.train.y.dtype == np.float32
    np.testing.assert_array_equal(dataset.test.y, LABELS[dataset.test.x[:, 0].astype(int)])
    assert one_note(dataset) == (
        "target y: multi-label, 3 labels, 1.2 an example on average, rarest label_0 (15), since "
        "its rows are of 0 and 1; --task overrules"
    )


def test_rows_of_numbers_are_several_values(write_npz: Write) -> None:
    y = np.column_stack([np.arange(N) * 0.5, -np.arange(N)])
    dataset = load_dataset(write_npz(x=X, y=y))

    assert (dataset.task, dataset.num_classes) == ("regression", 0)
    np.testing.assert_array_equal(dataset.test.y, y[dataset.test.x[:, 0].astype(int)])
    assert "regression, 2 values from -59 to 29.5" in one_note(dataset)
    assert load_dataset(write_npz(x=X, y=LABELS), task="regression").train.y.shape == (42, 3)


def test_columns_of_a_table_are_labels_together(write_csv: Write) -> None:
    lines = [f"{i},{'yes' if i % 2 else 'no'},{i % 3 // 2},{i % 5 > 2}" for i in range(N)]
    path = write_csv("a,odd,third,fifth", *lines)
    dataset = load_dataset(path, target=["third", "odd", "fifth"], task="multi-label")

    assert dataset.class_names == ("third", "odd", "fifth")
    i = np.asarray(dataset.test.x["a"])  # type: ignore[index]
    np.testing.assert_array_equal(dataset.test.y, np.column_stack([i % 3 == 2, i % 2, i % 5 > 2]))
    with pytest.raises(InputError, match='0 and 1, or true and false, in "a", received other'):
        load_dataset(path, target=["odd", "a"], task="multi-label")


@pytest.mark.parametrize("folds", [2, 3])
def test_labels_and_several_values_have_folds(write_npz: Write, folds: int) -> None:
    for y in (LABELS, LABELS + 0.5):
        dataset = load_dataset(write_npz(x=X, y=y))
        parts = [dataset.fold(k, folds).validation for k in range(folds)]
        assert sum(map(len, parts)) == len(dataset.train) + len(dataset.validation)


def one_note(dataset: Dataset) -> str:
    (note,) = dataset.notes
    return note


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("digits", "target: 10 classes, rarest 8 (174)"),
        ("diabetes", "target: regression, 214 different values from 25 to 346"),
    ],
)
def test_the_target_of_every_dataset_is_told(name: str, note: str) -> None:
    assert one_note(load_dataset(name)) == note


def test_what_was_asked_for_is_told_without_a_reason(write_npz: Write) -> None:
    path = write_npz(x=X, y=np.arange(N) % 3)

    assert one_note(load_dataset(path)).endswith(
        ", since its values are at most 20 whole numbers; --task overrules"
    )
    assert one_note(load_dataset(path, task="classification")) == (
        "target y: 3 classes, rarest 0 (20)"
    )


kinds = st.sampled_from(["?", "int8", "uint8", "int64", "float16", "float32", "float64", "U3"])


@settings(max_examples=150)
@given(
    kinds.flatmap(
        lambda kind: arrays(
            kind, st.sampled_from([(24,), (24, 1), (24, 2), (24, 3)]), fill=st.nothing()
        )
    ),
    st.sampled_from(["auto", "classification", "regression", "multi-label"]),
    st.sampled_from(["refuse", "merge", "leave-out"]),
)
def test_any_target_is_understood_or_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, y: np.ndarray, task: str, rare: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.npz"
    np.savez(path, x=X[:24], y=y)
    try:
        dataset = load_dataset(str(path), task=task, rare_classes=rare)
    except InputError:
        return
    assert dataset.task in ("classification", "regression", "multi-label")
    assert np.isfinite(dataset.train.y).all()
    assert one_line(dataset.notes)


@settings(max_examples=60)
@given(
    arrays("int64", (40, 3), elements=st.integers(0, 1), fill=st.nothing()),
    st.sampled_from(["auto", "classification", "regression", "multi-label"]),
)
def test_any_rows_of_0_and_1_are_understood_or_refused(
    tmp_path_factory: pytest.TempPathFactory, y: np.ndarray, task: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.npz"
    np.savez(path, x=np.arange(40.0)[:, None], y=y)
    try:
        dataset = load_dataset(str(path), task=task)
    except InputError:
        return
    assert task in ("auto", dataset.task)


def one_line(notes: tuple[str, ...]) -> bool:
    return bool(notes) and not any("\n" in note for note in notes)
