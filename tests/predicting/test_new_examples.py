"""New examples are read as those of the training were, or refused by their rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.sources import load_examples
from tuner.predicting.new_examples import read_new
from tuner.predicting.signature import Input, Output, Signature

OUTPUT = Output("", "y", "regression", (), False)


def array(*shape: int | None, columns: tuple[str, ...] = (), dtype: str = "float32") -> Signature:
    named = tuple(Column(name, "number", name) for name in columns)
    return Signature("array", (Input("x", dtype, shape),), (OUTPUT,), named, ("y",))


def table(*columns: Column) -> Signature:
    inputs = [Input(column.name, "string", (1,)) for column in columns if column.is_input]
    return Signature("table", tuple(inputs), (OUTPUT,), columns, ("y",))


def written(path: Path, **arrays: np.ndarray) -> list[str]:
    np.savez(path / "new.npz", **arrays)
    return [str(path / "new.npz")]


def test_of_an_npz_only_x_is_read(tmp_path: Path) -> None:
    x = np.arange(6.0).reshape(2, 3)
    new = read_new(written(tmp_path, x=x, other=np.array(["a"])), array(3))
    assert len(new) == 2
    assert new.inputs["x"].dtype == np.float32
    np.testing.assert_array_equal(new.inputs["x"], x)


def test_numbers_that_need_64_bits_keep_them(tmp_path: Path) -> None:
    x = np.array([[1e9 + 0.25]])
    new = read_new(written(tmp_path, x=x), array(1, dtype="float64"))
    assert new.inputs["x"][0, 0] == 1e9 + 0.25


def test_grey_images_may_lack_the_axis_of_channels(tmp_path: Path) -> None:
    new = read_new(written(tmp_path, x=np.zeros((4, 8, 8), np.uint8)), array(8, 8, 1))
    assert new.inputs["x"].shape == (4, 8, 8, 1)


def test_columns_of_an_array_go_by_name_to_a_model_that_wants_some(tmp_path: Path) -> None:
    inputs = (Input("c", "float32", (1,)), Input("a", "float32", (1,)))
    some = replace(array(3, columns=("a", "b", "c")), inputs=inputs)
    new = read_new(written(tmp_path, x=np.array([[1.0, 2, 3]])), some)
    assert {name: values.tolist() for name, values in new.inputs.items()} == {
        "c": [[3.0]],
        "a": [[1.0]],
    }


def test_an_array_whose_columns_have_names_may_come_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("b,y,a\n2,0,1\n4,0,3\n")
    new = read_new([str(path)], array(2, columns=("a", "b")))
    assert new.inputs["x"].tolist() == [[1, 2], [3, 4]]


def test_texts_of_an_array_are_the_column_of_texts(tmp_path: Path) -> None:
    new = read_new(written(tmp_path, x=np.array(["é a", "b"])), table(Column("text", "text", "x")))
    assert new.inputs["text"].tolist() == ["é a", "b"]


def test_a_column_may_have_the_name_that_the_model_has_for_it(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("a_b,text\n007,good\n08,bad\n")
    known = table(Column("text", "text", "x"), Column("a_b", "category", "a/b"))
    new = read_new([str(tmp_path / "new.csv")], known)
    assert new.inputs["text"].tolist() == ["good", "bad"]
    assert new.inputs["a_b"].tolist() == ["007", "08"]
    with pytest.raises(InputError, match=r'"a/b" is missing'):  # It is another column.
        read_new([str(tmp_path / "new.csv")], replace(known, others=("a_b",)))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.zeros((2, 4)), r"shape \(n, 3\), as in training, received float64 of shape \(2, 4\)"),
        (np.zeros((2, 3, 1)), r"received float64 of shape \(2, 3, 1\)"),
        (np.array([["a", "b", "c"]]), "received <U1"),
        (np.array([[1, 2, 3], [np.nan, 2, 3], [1, np.inf, 3]]), "2 of 3 rows .*: row 2, 3"),
        (np.zeros((0, 3)), "Expected examples to predict .* received none"),
    ],
)
def test_what_is_wrong_with_an_array_is_said(x: np.ndarray, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=expected):
        read_new(written(tmp_path, x=x), array(3))


def test_an_npz_without_x_is_refused_with_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="as x, received x_train, y"):
        read_new(written(tmp_path, x_train=np.zeros(1), y=np.zeros(1)), array(3))


@pytest.mark.parametrize(
    ("new", "signature", "expected"),
    [
        (["nwe.csv"], array(3), 'does not exist. Did you mean "new.csv"'),
        (["new.csv"], array(3), "Expected an .npz with x, as the model was trained on"),
        (["."], table(Column("a", "number", "a")), "Expected a table such as a .csv"),
        (["new.npz"], table(Column("a", "number", "a")), "Expected a table, as the model"),
        (["new.csv", "new.csv"], array(3), "Expected one file.*received 2"),
        (["."], replace(array(None, None, 1), kind="images"), "Expected images, received none"),
    ],
)
def test_another_kind_of_data_is_refused(
    new: list[str],
    signature: Signature,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("new.csv").write_text("a,b\n1,2\n")
    written(Path(), x=np.zeros((1, 3)))
    with pytest.raises(InputError, match=expected):
        read_new(new, signature)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("age\n3\n", '"city" is missing'),
        ("age,City\n3,Bern\n", 'missing.*Did you mean "City"'),
        ("age,city,zip\n3,Bern,3000\n", 'received "zip"'),
        ("age,city\n3,Bern\n?,Bern\nx,Bern\n", '1 of 3 rows.*: row 3, age: "x" is no number: mend'),
        ("age,city\n" + "x,Bern\n" * 9, "9 of 9 rows .*row 5, age: .x. is no number and 4 more"),
        ("age,city\n", "Expected examples to predict .* received none"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(lines: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(lines)
    known = table(Column("age", "number", "age"), Column("city", "category", "city"))
    with pytest.raises(InputError, match=expected):
        read_new([str(path)], known)


def test_target_and_left_out_columns_may_be_there_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("y,city,Id,age\nno,Bern,1,33\n")
    columns = Column("Id", "left out", "Id"), Column("age", "number", "age")
    new = read_new([str(path)], table(*columns, Column("town", "category", "city")))
    assert {name: values.tolist() for name, values in new.inputs.items()} == {
        "age": [33.0],
        "town": ["Bern"],
    }


@pytest.mark.parametrize("cells", [["good", "bad film"], ["so, so", "a b c"], ["a b c", "d e f"]])
def test_a_column_may_be_all_that_there_is(cells: list[str], tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("\n".join(["review", *(f'"{cell}"' for cell in cells)]))
    new = read_new([str(path)], table(Column("review", "text", "review")))
    assert new.inputs["review"].tolist() == cells


def test_images_have_their_names_in_the_folder(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/1.png", "0.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (3, 2)).save(tmp_path / name)
    known = replace(array(None, None, 1), kind="images")
    new = read_new([str(tmp_path)], known)
    assert new.files == ("0.png", "a/1.png", "b/2.png")
    assert new.inputs["x"].tolist() == [str(tmp_path / name) for name in new.files]
    one = str(tmp_path / "b/2.png")
    assert read_new([one, str(tmp_path / "a")], known).files == (one, str(tmp_path / "a/1.png"))


def test_images_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    Image.new("L", (3, 2)).save(tmp_path / "0.png")
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"no image")
    with pytest.raises(InputError, match=r"2 of 3 cannot be read: .*1\.png.*2\.png"):
        read_new([str(tmp_path)], replace(array(None, None, 1), kind="images"))


# Cells as people write them: a column has one kind, with some that say that there is none.
NUMBERS = st.one_of(
    st.integers(-999, 999).map(str), st.floats(-9, 9).map(lambda number: f"{number:.3f}")
)
COMMAS = st.floats(-99, 99).map(lambda number: f"{number:.2f}".replace(".", ","))
DATES = st.dates().map(lambda date: date.strftime("%d.%m.%Y"))
TEXTS = st.sampled_from(["Bern", "Delhi, India", 'said "no"', " x ", "Zürich"])
KINDS = (NUMBERS, COMMAS, DATES, TEXTS, st.sampled_from(["true", "false"]))
MARKS = st.sampled_from(["", "?", "NA", "-"])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    rows = draw(st.integers(10, 30))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    columns = []
    for number, kind in enumerate(kinds):
        cell = st.one_of(kind, MARKS) if draw(st.booleans()) else kind
        cells = draw(st.lists(cell, min_size=rows, max_size=rows))
        columns.append([f"c{number}", *cells])
    return columns


@given(columns=tables())
def test_training_rows_are_read_as_the_training_read_them(
    columns: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import csv

    path = tmp_path_factory.mktemp("random") / "table.csv"
    target = ["y", *(f"{number % 2}" for number in range(len(columns[0]) - 1))]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(zip(*columns, target, strict=True))
    try:
        examples = load_examples(str(path), DataOptions())
    except InputError:
        return  # No column that tells anything.
    x = examples.splits["train"].x
    assert isinstance(x, dict)
    new = read_new([str(path)], table(*examples.columns))
    assert list(new.inputs) == list(x)
    for name, values in x.items():
        np.testing.assert_array_equal(new.inputs[name], values)
