import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tuner.storage.ledger import COLUMNS, NAME, enter, read_ledger

ENTER = """
import sys
from pathlib import Path
from tuner.storage.ledger import COLUMNS, enter
for n in range(20):
    enter(Path(sys.argv[1]), dict.fromkeys(COLUMNS, "") | {"name": f"{sys.argv[2]}-{n}"})
"""


def row(name: str, best: str = "0.5") -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {"name": name, "best": best}


def test_there_is_no_ledger_at_first(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) == []


def test_a_row_a_search_and_a_resumed_one_has_its_latest(tmp_path: Path) -> None:
    for name, best in [("a", "0.1"), ("b", "0.2"), ("a", "0.3")]:
        enter(tmp_path, row(name, best))
    assert [(r["name"], r["best"]) for r in read_ledger(tmp_path)] == [("b", "0.2"), ("a", "0.3")]
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_names_and_commands_come_back_as_they_were(tmp_path: Path) -> None:
    odd = row('ä, "b"\n[red]') | {"command": "python tune.py --fix 'a=b c'"}
    enter(tmp_path, odd)
    assert read_ledger(tmp_path) == [odd]


def test_searches_that_end_at_once_lose_no_row(tmp_path: Path) -> None:
    ending = [
        subprocess.Popen([sys.executable, "-c", ENTER, str(tmp_path), name], cwd=ROOT)
        for name in ("a", "b", "c")
    ]
    assert [process.wait() for process in ending] == [0, 0, 0]
    names = {r["name"] for r in read_ledger(tmp_path)}
    assert names == {f"{name}-{n}" for name in ("a", "b", "c") for n in range(20)}


def test_a_ledger_of_other_columns_is_read(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("name,best,mood\nx,0.5,good\n")
    enter(tmp_path, row("y"))
    assert [r["name"] for r in read_ledger(tmp_path)] == ["x", "y"]
