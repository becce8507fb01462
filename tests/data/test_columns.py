"""What columns are, and tables as two arrays."""

import numpy as np

from data.columns import Column, columns_of, packed

TABLE = {
    "city": np.array(["Bern", ""], object),
    "age": np.float32([37, np.nan]),
    "children": np.array([2, 0]),
    "member": np.array([True, False]),
}


def test_data_types_tell_numbers_from_categories() -> None:
    assert {column.name: column.kind for column in columns_of(TABLE)} == {
        "city": "category",
        "age": "number",
        "children": "number",
        "member": "number",
    }


def test_a_packed_table_has_numbers_in_64_bits_and_all_others_as_texts() -> None:
    both = packed(TABLE, columns_of(TABLE))

    assert both["numbers"].dtype == np.float64
    np.testing.assert_array_equal(both["numbers"], [[37, 2, 1], [np.nan, 0, 0]])
    assert both["texts"].tolist() == [["Bern"], [""]]


def test_what_a_table_has_none_of_or_leaves_out_is_not_packed() -> None:
    columns = (Column("age", "number"), Column("city", "left out", note="by --drop"))

    assert packed(TABLE, columns).keys() == {"numbers"}
    assert packed(TABLE, columns[1:]).keys() == set()
