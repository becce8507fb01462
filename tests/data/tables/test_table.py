"""Files of tables: encodings, compression, lines that are too short."""

import gzip
import sys
from pathlib import Path

import pandas as pd
import pytest

from data.errors import InputError
from data.tables.table import read_table

LINES = ["größe,stadt,y", *(f"{i * i},Zürich {i % 3},{i % 2}" for i in range(20))]
TEXT = "\n".join(LINES)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_recognized(tmp_path: Path, encoding: str, ends: str) -> None:
    table = read_table(write(tmp_path / "t.csv", TEXT.replace("\n", ends).encode(encoding)))

    assert table.frame.columns.tolist() == ["größe", "stadt", "y"]
    assert table.frame["stadt"].tolist()[:2] == ["Zürich 0", "Zürich 1"]
    assert bool(table.notes) is (encoding == "cp1252")


@pytest.mark.parametrize("name", ["t.csv.gz", "t.tsv.gz"])
def test_gzip_is_read(tmp_path: Path, name: str) -> None:
    text = TEXT.replace(",", "\t") if "tsv" in name else TEXT

    assert len(read_table(write(tmp_path / name, gzip.compress(text.encode()))).frame) == 20


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv.gz", b"no gzip", "cannot"),
        ("t.csv.gz", gzip.compress(TEXT.encode())[:-20], "cannot"),
        ("t.csv", b"PK\x03\x04 and so on", "a workbook or an archive: save the table as CSV"),
        ("t.csv", TEXT.encode("utf-16-le"), "zero bytes"),
        ("t.csv", b"a,b\n\x81,2\n", "Expected a table in UTF-8"),
        ("t.csv", b"", "names 2 or more columns"),
        ("t.csv", b"Report 2024\na,b,c\n1,2,3\n4,5,6\n", "names its 3 columns, .*remove what is"),
        ("t.csv", b"one\n1\n2\n", "one column alone"),
        ("t.csv", b"a,b\n1,2\n1\n", "Expected 2 values in each line of .*, received 1 in line 3"),
        ("t.csv", b'a,b\n"1\n2",2\n1,2,3\n', "received 3 in line 4"),
        ("t.parquet", b"no parquet", "Parquet|requirements-parquet"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_table(write(tmp_path / name, content))


def test_numbers_are_exact_and_texts_stay_as_they_are(tmp_path: Path) -> None:
    text = "a,b,c,d,e\n0.1,007,TRUE,1e-3,1\n2.5,010,False,7,2\n"
    frame = read_table(write(tmp_path / "t.csv", text.encode()), as_text=["e"]).frame

    assert frame["a"].tolist() == [0.1, 2.5]
    assert frame["b"].tolist() == ["007", "010"]
    assert frame["c"].tolist() == ["TRUE", "False"]
    assert frame["d"].tolist() == [1e-3, 7]
    assert frame["e"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "names", "unnamed"),
    [
        (",a\n0,x\n1,y\n", ["column_1", "a"], ["column_1"]),
        ('"a","b"\n"1",5,7\n"2",5,8\n', ["column_1", "a", "b"], ["column_1"]),
        ("a,b\n1,2,\n3,4,\n", ["a", "b", "column_3"], ["column_3"]),
        ("Unnamed: 0,a\n0,x\n1,y\n", ["Unnamed: 0", "a"], ["Unnamed: 0"]),
        ("sep=;\na;b\n1;2\n", ["a", "b"], []),
    ],
)
def test_columns_without_a_name_have_one(
    tmp_path: Path, text: str, names: list[str], unnamed: list[str]
) -> None:
    table = read_table(write(tmp_path / "t.csv", text.encode()))

    assert table.frame.columns.tolist() == names
    assert sorted(table.unnamed) == unnamed


def test_a_file_without_a_header_is_said_and_the_option_overrules(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", b"1.5,a\n2.5,b\n3.5,a\n4.5,b\n")
    table = read_table(path)

    assert table.frame.columns.tolist() == ["column_1", "column_2"]
    assert len(table.frame) == 4
    assert "--header yes" in table.notes[0]
    assert read_table(path, header="yes").frame.columns.tolist() == ["1.5", "a"]


def test_parquet_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "i": pd.array([1, None, 3], dtype="Int64"),
            "t": ["a", None, "c"],
            "b": [True, False, None],
            "d": pd.to_datetime(["2024-01-31", "2024-02-01", None]),
            "c": pd.Categorical(["x", "y", "x"]),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet").frame

    assert read["n"].tolist() == [1, 2, 3]
    assert read["i"].isna().tolist() == [False, True, False]
    assert read["t"].tolist()[::2] == ["a", "c"]
    assert read["b"].tolist()[:2] == ["True", "False"]
    assert read["d"].tolist()[:2] == ["2024-01-31 00:00:00", "2024-02-01 00:00:00"]
    assert read["c"].tolist() == ["x", "y", "x"]
    pd.DataFrame({"n": [[1], [2]]}).to_parquet(tmp_path / "nested.parquet")
    with pytest.raises(InputError, match=r'one value in each cell .* in column "n"'):
        read_table(tmp_path / "nested.parquet")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"pip install -r requirements-parquet\.txt"):
        read_table(write(tmp_path / "t.parquet", b"PAR1"))
