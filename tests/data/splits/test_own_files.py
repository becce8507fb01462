"""Validation and test examples in files of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data import Dataset, load_dataset
from data.errors import InputError

Write = Callable[[str, str, list[str]], str]

HEADER = "age,city,member,bought"


def people(count: int, start: int = 20) -> list[str]:
    """Return lines of people whose ages tell them apart."""
    cities, members, bought = ("Bern", "Delhi", ""), ("true", "false"), ("no", "yes")
    return [f"{start + i},{cities[i % 3]},{members[i % 2]},{bought[i % 2]}" for i in range(count)]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a table and returns its path."""

    def write(name: str, header: str, lines: list[str]) -> str:
        (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
        return str(tmp_path / name)

    return write


def ages(dataset: Dataset, name: str) -> list[int]:
    x = dataset[name].x
    assert isinstance(x, dict)
    return sorted(int(age) for age in x["age"])


def test_files_are_splits_as_they_are(write: Write) -> None:
    dataset = load_dataset(
        write("a.csv", HEADER, people(40)),
        validation=write("b.csv", HEADER, people(7, 100)),
        test=write("c.csv", "bought,member,city,age", ["yes,TRUE,Oslo,200", "no,,Bern,"]),
    )
    assert ages(dataset, "train") == list(range(20, 60))
    assert ages(dataset, "validation") == list(range(100, 107))
    assert dataset.own_validation
    x = dataset.test.x
    assert isinstance(x, dict)
    np.testing.assert_array_equal(x["age"], [200, np.nan])
    np.testing.assert_array_equal(x["member"], [1, np.nan])
    assert x["city"].tolist() == ["Oslo", "Bern"]
    assert dataset.test.y.tolist() == [1, 0]
    assert dataset.preprocessed("test").x.shape == (2, *dataset.input_shape)


def test_what_has_no_file_is_drawn(write: Write) -> None:
    table, more = write("a.csv", HEADER, people(40)), write("b.csv", HEADER, people(7, 100))
    tested = load_dataset(table, test=more)
    assert (len(tested.train), len(tested.validation), len(tested.test)) == (34, 6, 7)
    assert not tested.own_validation
    validated = load_dataset(table, validation=more)
    assert (len(validated.train), len(validated.validation), len(validated.test)) == (34, 7, 6)


def test_a_file_makes_other_data(write: Write) -> None:
    table, b = write("a.csv", HEADER, people(40)), write("b.csv", HEADER, people(7, 100))
    c = write("c.csv", HEADER, people(7, 101))
    loaded = [load_dataset(table, test=b), load_dataset(table, test=c), load_dataset(table)]
    loaded.append(load_dataset(table, validation=b))
    assert len({dataset.fingerprint for dataset in loaded}) == 4


def test_numbers_stay_numbers_and_texts_texts_whatever_the_file_has(write: Write) -> None:
    lines = [f"{i}.5,{'x7'[i % 2]},{i % 3}" for i in range(30)]
    dataset = load_dataset(
        write("a.csv", "a,b,y", lines), test=write("b.csv", "a,b,y", ["1,7,0", "2,7,2"])
    )
    assert isinstance(dataset.test.x, dict)
    assert dataset.test.x["b"].tolist() == ["7", "7"]
    assert dataset.test.y.tolist() == [0, 2]


def test_a_regression_keeps_its_task(write: Write) -> None:
    table = write("a.csv", "a,y", [f"{i},{i / 7}" for i in range(40)])
    dataset = load_dataset(table, test=write("b.csv", "a,y", ["1,2", "3,4"]))
    assert dataset.task == "regression"
    assert dataset.test.y.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("header", "lines", "message"),
    [
        ("age,city,bought", ["1,Bern,no"] * 2, '--test .*b.csv: .*"member" is missing'),
        (f"{HEADER},x,z", ["1,Bern,true,no,0,0"], 'received "x" and 1 others'),
        ("age,town,member,bought", ["1,Bern,true,no"], '"city" is missing'),
        ("age,city,member", ["1,Bern,true"], '"bought" is missing'),
        (HEADER, ["1,Bern,true,perhaps"], 'none of class "perhaps" .1 in test'),
        (HEADER, ["old,Bern,true,no", "1,Bern,true,no"], 'in row 1 "age" is "old" .number.'),
    ],
)
def test_another_table_is_refused(
    write: Write, header: str, lines: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(write("a.csv", HEADER, people(40)), test=write("b.csv", header, lines))


def test_texts_are_no_targets_of_numbers(write: Write) -> None:
    table = write("a.csv", "a,y", [f"{i},{i / 7}" for i in range(40)])
    with pytest.raises(InputError, match=r'numbers in the target "y", as for training.* "high"'):
        load_dataset(table, test=write("b.csv", "a,y", ["1,high"]))


def test_files_that_are_not_there_or_no_match_are_refused(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = write("a.csv", HEADER, people(40))
    np.savez(tmp_path / "b.npz", x=np.zeros((9, 2)), y=np.arange(9) % 2)
    monkeypatch.chdir(tmp_path)
    for file, message in [
        ("none.csv", f"--validation none.csv: there is no such file in {tmp_path}"),
        ("/none.csv", "--validation /none.csv: there is no such file[.]"),
        ("a.csv", "a file of its own, received the dataset itself"),
        ("b.npz", "expected a table, as the dataset is, received an .npz"),
    ]:
        with pytest.raises(InputError, match=message):
            load_dataset(table, validation=file)
    with pytest.raises(InputError, match="a dataset that is a file or a folder, received wine"):
        load_dataset("wine", test="b.npz")


def save(path: Path, **arrays: np.ndarray) -> str:
    np.savez(path, **arrays)
    return str(path)


def arrays(*shape: int, classes: int = 2, **more: Any) -> dict[str, np.ndarray]:
    return {"x": np.ones(shape), "y": np.arange(shape[0]) % classes, **more}


def test_arrays_of_their_own(tmp_path: Path) -> None:
    file = save(tmp_path / "a.npz", **arrays(40, 6, 6, 1))
    dataset = load_dataset(file, test=save(tmp_path / "b.npz", **arrays(9, 6, 6, 1)))
    assert dataset.test.x.shape == (9, 6, 6, 1)  # type: ignore[union-attr]
    assert len(dataset.train) == 34


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            arrays(9, 6, 5, 1),
            r"x float32 \(n, 6, 6, 1\), y numbers.*received x float32 \(n, 6, 5, 1\)",
        ),
        (arrays(9, 6, 6, 1, classes=3), 'class "2"'),
        ({"x": np.ones((9, 6, 6, 1)), "y": np.array(["a", "b", "c"] * 3)}, "received .* y texts"),
        (
            {f"{n}_{s}": v for s in ("train", "test") for n, v in arrays(9, 6, 6, 1).items()},
            "one split",
        ),
    ],
)
def test_other_arrays_are_refused(
    tmp_path: Path, second: dict[str, np.ndarray], message: str
) -> None:
    file = save(tmp_path / "a.npz", **arrays(40, 6, 6, 1))
    with pytest.raises(InputError, match=message):
        load_dataset(file, test=save(tmp_path / "b.npz", **second))


def test_a_dataset_with_a_test_split_of_its_own_takes_no_other(tmp_path: Path) -> None:
    both = {f"{n}_{s}": v for s in ("train", "test") for n, v in arrays(20, 6).items()}
    file, other = save(tmp_path / "a.npz", **both), save(tmp_path / "b.npz", **arrays(9, 6))
    with pytest.raises(InputError, match="without test examples of its own"):
        load_dataset(file, test=other)
    assert len(load_dataset(file, validation=other).validation) == 9


def test_folders_of_images_of_their_own(image_folder: Path, tmp_path: Path) -> None:
    for name in ("dark", "light"):
        (tmp_path / "test" / name).mkdir(parents=True)
        for i in range(3):
            pixels = np.full((9, 9), 100 * (name == "light"), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "test" / name / f"{i}.png")
    dataset = load_dataset(str(image_folder), test=str(tmp_path / "test"))
    assert dataset.test.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.preprocessed("test").x.shape == (6, *dataset.input_shape)
    (tmp_path / "test" / "light").rename(tmp_path / "test" / "bright")
    with pytest.raises(InputError, match='class "bright"'):
        load_dataset(str(image_folder), test=str(tmp_path / "test"))


def test_groups_in_two_files_are_refused(write: Write) -> None:
    lines = [f"{i},p{i % 8},{i % 2}" for i in range(40)]
    table = write("a.csv", "a,who,y", lines)
    apart = write("b.csv", "y,who,a", ["0,p8,1", "1,p9,2"])
    dataset = load_dataset(table, test=apart, groups="who", target="y")
    assert set(dataset.test.groups) == {"p8", "p9"}  # type: ignore[arg-type]
    with pytest.raises(InputError, match='1 both in train and in test, such as "p3"'):
        load_dataset(
            table, test=write("c.csv", "a,who,y", ["0,p8,1", "1,p3,0"]), groups="who", target="y"
        )
    with pytest.raises(InputError, match='"who" is missing'):
        load_dataset(table, test=write("d.csv", "a,y", ["0,1"]), groups="who", target="y")
