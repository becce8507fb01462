"""Separators, and whether the first line names the columns."""

import pytest

from data.tables.lines import names_columns, rows_of, separator_of


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (["a,b,c", "1,2,3"], ","),
        (["a;b", "0,5;1,5", "1,5;2,5"], ";"),
        (["0,5;1,5", "1,5;2,5"], ";"),
        (["a\tb", "1,2\t3"], "\t"),
        (["a|b", "1|2"], "|"),
        (["a,b,c", "x;y,2,3", "x;z,2,3"], ","),
        (['"a","b"', '"x;y;z","1"', '"x;y;u","1"'], ","),
        (['"a" "b" "c"', '"1" 2.5 3 "x y"', '"2" 3.5 4 "z"'], " "),
        (["text", "one two", "three"], ","),
    ],
)
def test_the_separator_is_what_all_lines_have_alike(lines: list[str], separator: str) -> None:
    assert separator_of("\n".join(lines), whole=True) == separator


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["age,city", "1,Bern", "2,Bern"], True),
        (["3,Bern", "1,Bern", "2,Rome", "3,Rome"], False),
        (["5.1,3.5,setosa", "4.9,3.0,setosa", "4.7,3.2,setosa"], False),
        (["country,1990,1991", "Chad,1,2", "Peru,3,5", "Mali,4,4"], True),
        (["country,1990", "Chad,1", "Peru,3", "Mali,4"], True),
        (["0,1,2,y", "3.5,1.5,2.5,a", "3.5,1.5,2.5,b"], True),
        ([",0,1", "0,3.5,2.5", "1,4.5,7"], True),
        (["1.5,2.5", "2.5,3.5", "3.5,4.5"], False),
        (["p,x,s", "e,x,s", "p,x,y", "e,b,s"], False),
        (["kind,colour", "p,red", "e,red", "p,blue"], True),
        (["7,Ann Lee,0", "1,Bo Wu,1", "9,Cy Oh,0", "2,Di Yu,1"], False),
        (["?,3,a", "1,2,a", "2,5,b", "3,9,b"], False),
    ],
)
def test_a_header_is_told_from_data(lines: list[str], named: bool) -> None:
    assert names_columns(rows_of("\n".join(lines), ",")) is named
