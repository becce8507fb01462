from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tuner.execution.sharing import ALIGNMENT, read_shared, write_shared


@given(st.lists(st.integers(0, 300), max_size=5))
def test_what_is_written_is_read(tmp_path_factory, sizes: list[int]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("shared") / "plan"
    arrays = [np.arange(size, dtype="float32") for size in sizes]
    write_shared(path, {"arrays": arrays, "name": "wine"})
    content = read_shared(path)
    assert content["name"] == "wine"
    for written, read in zip(arrays, content["arrays"], strict=True):
        np.testing.assert_array_equal(written, read)


def test_arrays_are_views_of_the_file_where_tensorflow_takes_them(tmp_path: Path) -> None:
    write_shared(tmp_path / "plan", [np.zeros(5), np.ones((100, 3))])
    for array in read_shared(tmp_path / "plan"):
        assert not array.flags.owndata
        assert not array.flags.writeable
        assert array.ctypes.data % ALIGNMENT == 0


def test_text_and_objects_come_along(tmp_path: Path) -> None:
    words = np.array(["a", "bc", None], dtype=object)
    write_shared(tmp_path / "plan", words)
    assert list(read_shared(tmp_path / "plan")) == list(words)
