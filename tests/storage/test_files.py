import json
import math
import os
from pathlib import Path

import pytest

from tuner.storage.files import point_at, strict, write_atomically, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    write_json(path, {"score": 1})
    with pytest.raises(TypeError):
        write_json(path, {"score": object()})
    with pytest.raises(TypeError):
        write_atomically(path, b"no text")
    assert json.loads(path.read_text()) == {"score": 1}
    assert os.listdir(tmp_path) == ["best.json"]


def test_names_of_files_of_any_bytes_are_written(tmp_path: Path) -> None:
    name = os.fsdecode(b"gr\xfcn")
    write_atomically(tmp_path / "report.html", name)
    write_json(tmp_path / "config.json", {"dataset": name})

    assert (tmp_path / "report.html").read_text("utf-8") == r"gr\udcfcn"
    assert json.loads((tmp_path / "config.json").read_text("utf-8")) == {"dataset": name}


def test_strict_json_reads_back_as_numbers() -> None:
    values = [1.5, math.inf, -math.inf, math.nan]
    again = [float(value) for value in json.loads(json.dumps(strict(values), allow_nan=False))]
    assert again[:3] == values[:3]
    assert math.isnan(again[3])


def test_a_link_is_replaced_and_relative(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        point_at(tmp_path / "latest", tmp_path / name)
        assert os.readlink(tmp_path / "latest") == name
