"""Arrays from an .npz."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError
from data.sources import npz_members

Write = Callable[..., str]
Y = np.arange(40) % 4
X = np.arange(120, dtype=float).reshape(40, 3)


def test_columns_with_text_targets(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=X, y=np.array(list("abcd"))[Y]))

    assert dataset.class_names == ("a", "b", "c", "d")
    assert dataset.train.x.dtype == np.float32
    assert dataset.train.x.shape == (28, 3)


def test_grey_images_get_a_channel_and_bytes_stay_bytes(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x=np.zeros((40, 5, 6), np.uint8), y=Y))

    assert dataset.train.x.shape == (28, 5, 6, 1)
    assert dataset.train.x.dtype == np.uint8


def test_own_splits_are_kept_as_they_are(write_npz: Write) -> None:
    dataset = load_dataset(
        write_npz(
            x_train=X, y_train=Y, x_val=X[:8] + 1, y_val=Y[:8, None], x_test=X[:4] + 2, y_test=Y[:4]
        )
    )

    np.testing.assert_array_equal(dataset.train.x, X)
    np.testing.assert_array_equal(dataset.validation.x, X[:8] + 1)
    np.testing.assert_array_equal(dataset.validation.y, Y[:8])
    np.testing.assert_array_equal(dataset.test.x, X[:4] + 2)


def test_validation_is_drawn_from_training_data_if_only_a_test_is_given(write_npz: Write) -> None:
    dataset = load_dataset(write_npz(x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4]))

    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [34, 6, 4]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "x is missing; received no arrays"),
        ({"images": X, "labels": Y}, "x is missing; received images, labels"),
        ({"x_train": X, "y": Y}, "y_train is missing; received x_train, y"),
        ({"x": X, "y": Y[:3]}, r"y in .* hold 40 .* received int64 of shape \(3,\)"),
        ({"x": X, "y": np.eye(39)}, r"y in .* received float64 of shape \(39, 39\)"),
        ({"x": X, "y": np.zeros((40, 2, 2))}, r"shape \(40, 2, 2\): save y\.reshape\(40, -1\)"),
        ({"x": X, "y": X.astype(str)}, r"or rows of numbers, .* received <U32 of shape \(40, 3\)"),
        ({"x": X, "y": X, "label_names": Y}, "label_names in .* to hold 3 names, one for each col"),
        ({"x": X, "y": X, "label_names": np.array(["a", "b", "a"])}, "another name for each"),
        ({"x": X, "y": Y, "class_names": np.array(["a", "b"])}, r"classes from 0 to 1, .* 0 to 3"),
        ({"x": X, "y": Y, "groups": Y[:9]}, r"groups in .* 40 numbers or texts, .* shape \(9,\)"),
        ({"x": X, "y": Y, "time": np.where(Y, 1, np.nan)}, "time in .*, received 10 that are miss"),
        ({"x": X, "y": Y, "groups_train": Y}, "groups in .* as groups, .* received groups_train"),
        (
            {"x_train": X, "y_train": X, "x_test": X, "y_test": X[:, :2]},
            "the same shape in every y",
        ),
        ({"x": X[:, 0], "y": Y}, r"x in .* received float64 of shape \(40,\)"),
        ({"x": X[:, :0], "y": Y}, r"x in .* received float64 of shape \(40, 0\)"),
        ({"x": X.astype(str), "y": Y}, "x in .* to hold numbers"),
        ({"x": X.astype(complex), "y": Y}, "x in .* to hold numbers"),
        (
            {"x": X, "y": Y * np.nan},
            r"the examples of arrays, received none in all 40",
        ),
        ({"x": np.where(X == 5, np.nan, X), "y": Y}, r"x, received 1"),
        ({"x": np.where(X == 5, 1e99, X), "y": Y}, r"x, received 1"),
        (
            {"x_train": X, "y_train": Y, "x_test": np.where(X == 5, np.nan, X), "y_test": Y},
            r"x \(test\), received 1",
        ),
        ({"x": X[:5], "y": Y[:5]}, "at least 10 examples"),
        ({"x": X[:0], "y": Y[:0]}, "at least 10 examples .* received 0"),
        (
            {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y},
            "the same shape in every x",
        ),
        (
            {"x_train": X, "y_train": Y % 2, "x_test": X, "y_test": Y},
            'none of class "2" .10 in test',
        ),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(
    write_npz: Write, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        load_dataset(write_npz(**arrays))
    assert "\n" not in str(refusal.value)


class Trap:
    """An object that leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("place", ["x", "y", "another"])
def test_pickles_are_never_loaded(write_npz: Write, tmp_path: Path, place: str) -> None:
    mark = tmp_path / "mark"
    arrays = {"x": X, "y": Y, place: np.array([Trap(mark)] * 40, dtype=object)}

    with pytest.raises(InputError, match="pickled objects, which are never loaded"):
        load_dataset(write_npz(**arrays))
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x03\x04 cut off"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)

    with pytest.raises(InputError, match="damaged"):
        load_dataset(str(path))


def test_a_pickle_with_the_name_of_an_npz_is_not_loaded(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "pickle.npz"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "mark")))

    with pytest.raises(InputError, match="never loaded"):
        load_dataset(str(path))
    assert not (tmp_path / "mark").exists()


def test_weights_are_read_for_each_split(write_npz: Write) -> None:
    dataset = load_dataset(
        write_npz(x_train=X, y_train=Y, weights_train=np.arange(40), x_test=X[:4], y_test=Y[:4])
    )
    weights = np.concatenate([dataset["train"].weights, dataset["validation"].weights])
    rows = np.concatenate([dataset["train"].x, dataset["validation"].x])
    assert (weights.dtype, dataset.test.weights) == (np.float32, None)
    np.testing.assert_array_equal(weights, rows[:, 0] / 3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"weights": Y[:3]}, r"weights in .* hold 40 numbers, .* received int64 of shape \(3,\)"),
        ({"weights": np.array(list("abcd"))[Y]}, "weights in .* hold 40 numbers, .* received <U1"),
        ({"weights_train": Y}, "as weights, named as x and y are, received weights_train"),
        ({"weights": Y - 1.0}, r"weights of 0 or more, received 10 .* such as -1"),
        ({"weights": np.where(Y, 1, np.nan)}, "received 10 that are negative, infinite or NaN"),
        ({"weights": 0 * Y}, r"weights above 0, received 40 of 0"),
    ],
)
def test_what_are_no_weights_is_refused(
    write_npz: Write, weights: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(write_npz(x=X, y=Y, **weights))


def test_series_keep_their_axes_and_each_feature_its_statistics(write_npz: Write) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal([1e5, 20, 1e-3], [100, 1, 1e-4], (40, 12, 3))
    dataset = load_dataset(write_npz(x=x, y=Y))

    assert dataset.notes[0] == (
        "arrays.npz: x (40, 12, 3) taken as series of 12 steps of 3 features; --kind images for "
        "grey images"
    )
    assert dataset.train.x.shape == (28, 12, 3)
    ready = dataset.preprocessed("train").x
    np.testing.assert_allclose(ready.mean(axis=(0, 1)), 0, atol=1e-2)
    np.testing.assert_allclose(ready.std(axis=(0, 1)), 1, atol=1e-2)


def test_texts_become_a_table_with_one_column(write_npz: Write) -> None:
    texts = np.array([f"good day {i}" for i in range(40)])
    dataset = load_dataset(write_npz(x=texts, y=Y))

    assert [(c.name, c.kind, c.source) for c in dataset.columns] == [("text", "text", "x")]
    assert dataset.feature_names == ("text",)
    assert isinstance(dataset.train.x, dict)
    assert set(dataset.train.x["text"]) < set(texts)


def test_numbers_that_32_bits_would_lose_keep_64(write_npz: Write) -> None:
    seconds = 1.7e9 + np.arange(40.0)
    lost = np.column_stack([seconds, X[:, 0]])

    assert load_dataset(write_npz(x=lost, y=Y)).train.x.dtype == np.float64
    assert load_dataset(write_npz(x=lost.astype(np.int64), y=Y)).train.x.dtype == np.float64
    assert load_dataset(write_npz(x=X * 1e9, y=Y)).train.x.dtype == np.float32


def test_groups_and_times_stay_with_their_examples(write_npz: Write) -> None:
    # Pairs of neighbouring days belong together; every class is early and late.
    place, y = np.arange(40), np.arange(40) % 4
    days = place.astype("datetime64[D]")
    dataset = load_dataset(write_npz(x=X, y=y, groups=place // 2, time=days))

    for split in (dataset.train, dataset.validation, dataset.test):
        assert split.groups is not None
        assert split.time is not None
        rows = (split.x[:, 0] / 3).astype(int)
        np.testing.assert_array_equal(split.groups, rows // 2)
        np.testing.assert_array_equal(split.time, days[rows])


def test_names_of_labels_and_classes_come_along(write_npz: Write) -> None:
    names = np.array(["red", "green", "blue", "grey"])
    labels = (np.arange(160).reshape(40, 4) % 3 == 0).astype(int)

    assert load_dataset(write_npz(x=X, y=labels, label_names=names)).class_names == tuple(names)
    assert load_dataset(write_npz(x=X, y=Y, class_names=names)).class_names == tuple(names)
    odd = load_dataset(write_npz(x=X, y=Y // 2 * 2 + 1, class_names=names))
    assert odd.class_names == ("green", "grey")


def test_arrays_that_are_not_read_are_named(write_npz: Write) -> None:
    arrays = {"x_train": X, "y_train": Y, "x_valid": X, "y_valid": Y}
    assert (
        load_dataset(write_npz(**arrays))
        .notes[0]
        .startswith("arrays.npz: not used: x_valid, y_valid (x and y are")
    )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", ">f8", "u1", "i8"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_large_arrays_are_read_where_they_lie(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    order: Literal["C", "F"],
    dtype: str,
    save: Callable[..., None],
) -> None:
    monkeypatch.setattr(npz_members, "LARGE", 0)
    arrays = {"x": X.astype(dtype, order=order), "y": Y.astype(str), "none": np.zeros((0, 3))}
    save(tmp_path / "a.npz", **arrays)
    read = npz_members.read_members(tmp_path / "a.npz")
    assert read["x"].flags.writeable == (save is np.savez_compressed)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize(
    "arrays", [{"x": X.astype(object), "y": Y}, {"x": X, "y": np.array([{}] * 40)}]
)
def test_large_pickles_are_refused_as_small_ones(
    write_npz: Write, monkeypatch: pytest.MonkeyPatch, arrays: dict[str, np.ndarray]
) -> None:
    monkeypatch.setattr(npz_members, "LARGE", 0)
    with pytest.raises(InputError, match="holds pickled objects, which are never loaded"):
        load_dataset(write_npz(**arrays))
