"""What a run knows of its code: contents and paths, nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.storage.code import code_digests, edits, edits_text, revision

FILES = {"model/mlp.py": "a = 1\n", "model/parts/norm.py": "b = 2\n", "data/wine.py": "c = 3\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        write(tmp_path / name, content)
    return tmp_path


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, newline="")


def test_every_python_file_of_model_and_data_counts(root: Path) -> None:
    write(root / "tuner/loop.py", "")
    assert list(code_digests(root=root)) == sorted(FILES)


@pytest.mark.parametrize(
    "touch",
    [
        lambda root: os.utime(root / "model/mlp.py", (0, 0)),
        lambda root: write(root / "model/mlp.py", "a = 1\r\n"),
        lambda root: write(root / "model/__pycache__/mlp.cpython-312.pyc", "?"),
        lambda root: write(root / "model/.ipynb_checkpoints/mlp.py", "a = 0"),
        lambda root: write(root / "data/table.csv", "x,y"),
        lambda root: write(root / "tuner/loop.py", "a = 1"),
    ],
)
def test_what_makes_no_other_code(root: Path, touch: Callable[[Path], None]) -> None:
    before = code_digests(root=root)
    touch(root)
    assert code_digests(root=root) == before


def test_edits_are_named(root: Path) -> None:
    before = code_digests(root=root)
    write(root / "model/mlp.py", "a = 2\n")
    (root / "model/parts/norm.py").unlink()
    write(root / "data/beer.py", "")
    after = code_digests(root=root)
    told = "data/beer.py added, model/mlp.py changed, model/parts/norm.py removed"
    assert edits_text(edits(before, after)) == told
    assert not edits(after, after)


def test_a_file_of_ones_own_is_named_from_the_root(root: Path) -> None:
    own = [root / "mine.py", root.parent / f"{root.name}-beside/mine.py", root / "model/mlp.py"]
    for path in own[:2]:
        write(path, "d = 4\n")
    named = code_digests(own, root)
    assert set(named) == {*FILES, "mine.py", f"../{root.name}-beside/mine.py"}


CODES = st.dictionaries(st.sampled_from("abc"), st.sampled_from("012"))


@given(CODES, CODES)
def test_a_revision_is_that_of_the_same_code_only(one: dict[str, str], two: dict[str, str]) -> None:
    assert (revision(one) == revision(two)) == (one == two) == (not edits(one, two))
    assert revision(one) == revision(dict(reversed(one.items())))
