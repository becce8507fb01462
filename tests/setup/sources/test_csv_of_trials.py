"""A table of trials as a source."""

from pathlib import Path

import pytest

from data.errors import InputError
from tests.conftest import FinishedSearch
from tests.setup.sources.spaces import OBJECTIVE, SPACE
from tuner.oracles.knowledge import KnownTrial, best_points
from tuner.setup.other_searches import sources_of
from tuner.setup.sources.source import Source

TABLE = """learning_rate,width,schedule,bias,momentum,score,status
0.001,64,cosine,true,0.9,0.93,completed
5,64.0,cosine,False,0.9,0.95,
0.01,128,linear,no,0.5,0.99,completed
1e-3,32,constant,,,,
0.01,32,constant,True,0.1,0.5,pruned
0.01,32,constant,True,0.1,0.7,failed
0.02,32,constant,True,0.1,,running
"""


def read(path: Path, text: str) -> Source:
    path.write_text(text, encoding="utf-8")
    [source] = sources_of([str(path)], path.parent / "run", SPACE, OBJECTIVE)
    return source


def test_cells_become_values_of_the_search(tmp_path: Path) -> None:
    source = read(tmp_path / "tried.csv", TABLE)
    first = {"learning_rate": 0.001, "width": 64, "schedule": "cosine", "bias": True}
    assert source.trials[0] == KnownTrial(first | {"momentum": "0.9"}, "completed", 0.93)
    assert source.trials[1].values["width"] == 64
    assert isinstance(source.trials[1].values["width"], int)
    assert source.trials[1].status == "completed"
    failed = KnownTrial(
        {"learning_rate": 0.001, "width": 32, "schedule": "constant"}, "failed", None
    )
    assert source.trials[3] == failed
    assert [trial.status for trial in source.trials[4:]] == ["pruned", "failed"]


def test_what_does_not_match_is_said(tmp_path: Path) -> None:
    source = read(tmp_path / "tried.csv", TABLE)
    assert source.differences(SPACE) == (
        "left out, since not of this search: momentum; taken for the default, since not there: "
        "dropout; learning_rate out of range in 1 trials; 1 trials left out, whose schedule is no "
        "choice here; 1 trials left out, whose bias is no choice here"
    )


def test_the_best_with_a_place_here_is_tried_moved_into_the_ranges(tmp_path: Path) -> None:
    source = read(tmp_path / "tried.csv", TABLE)
    [best] = best_points([source.knowledge(OBJECTIVE)], SPACE, OBJECTIVE.sign)
    assert best["learning_rate"] == pytest.approx(0.1)
    assert {k: best[k] for k in ("width", "schedule", "bias", "dropout")} == {
        "width": 64,
        "schedule": "cosine",
        "bias": False,
        "dropout": 0.0,
    }


def test_the_table_of_a_run_is_such_a_table(finished: FinishedSearch, tmp_path: Path) -> None:
    text = (finished.path / "trials.csv").read_text()
    source = read(tmp_path / "trials.csv", text)
    assert [trial.status for trial in source.trials] == ["completed"] * 3
    assert not {"trial", "seconds", "best_epoch", "epochs"} & set(source.names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected a column score"),
        ("a,b\n1,2\n", "received a, b"),
        ("learning_rate,score\n0.1,good\n", "line 2: expected a score, received 'good'"),
        ("learning_rate,score,status\n0.1,1,done\n", "expected a status out of completed"),
        ("learning_rate,score\n0.1,\n0.2,nan\n", "expected a row that has completed"),
        ("units,score\n3,0.5\n", "received one over units"),
        ("schedule,score\nlinear,0.5\n", "expected completed trials with choices"),
    ],
)
def test_what_cannot_be_used_is_one_line(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=expected):
        read(tmp_path / "tried.csv", text)


def test_a_table_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        sources_of([str(tmp_path / "none.csv")], tmp_path / "run", SPACE, OBJECTIVE)
