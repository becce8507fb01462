"""Categories that training never had are told, with what they are likely to mean."""

from pathlib import Path

import numpy as np
import pytest

import predict
from data.columns import Column
from tests.test_predict import trained
from tuner.predicting.new_examples import NewExamples
from tuner.predicting.signature import Input, Output, Signature
from tuner.predicting.unseen import other_scale, unseen_categories

OUTPUT = Output("", "y", "regression", (), False)


def told(known: tuple[str, ...], *new: str) -> list[str]:
    column = Column("a_b", "category", "a/b")
    inputs = (Input("a_b", "string", (1,)),)
    signature = Signature("table", inputs, (OUTPUT,), (column,), categories={"a_b": known})
    return list(unseen_categories(NewExamples({"a_b": np.array(new, object)}), signature))


def test_nothing_is_said_of_known_ones() -> None:
    assert told(("", "x", "y"), "x", "", "y", "x") == []


def test_the_most_frequent_come_first_and_the_others_are_counted() -> None:
    (sentence,) = told(("x",), "x", *"aabbbcdefg", "")
    assert sentence == (
        '11 of 12 rows have a value of "a/b" that no training example had, so the model knows '
        'nothing of it: "b", "a", missing, "c", "d" and 3 more'
    )


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("007", "7"),
        ("7", "007"),
        ("7", "7.0"),
        ("New York", "new york "),
        ("0", "000"),
        ("0", "0.0"),
    ],
)
def test_what_a_program_has_changed_is_told_with_what_it_was(known: str, new: str) -> None:
    (sentence,) = told(("abc", known), new)
    assert sentence.endswith(f': "{new}" (in training "{known}")')


def test_a_zero_is_not_taken_for_a_missing_one() -> None:
    (sentence,) = told(("",), "0")
    assert sentence.endswith(': "0"')


def test_pixels_that_are_scaled_otherwise_are_told() -> None:
    signature = Signature("array", (Input("x", "float32", (2, 2)),), (OUTPUT,), largest=255.0)
    pixels = np.array([[[0, 12], [200, 250]]], np.float32)

    def told(x: np.ndarray) -> list[str]:
        return list(other_scale(NewExamples({"x": x}), signature))

    (sentence,) = told(pixels / 255)
    assert sentence.startswith("the largest number of the new examples is 0.98")
    assert "in training it was 255" in sentence
    assert told(pixels * 100)
    for alike in (pixels, pixels / 10, pixels * 0):
        assert not told(alike)


def test_a_file_in_which_zeros_were_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    codes = rng.choice(["007", "012", "100"], 90)
    lines = [f"{code},{'yes' if code == '007' else 'no'}" for code in codes]
    (tmp_path / "old.csv").write_text("\n".join(["code,sick", *lines]))
    place = trained(tmp_path / "runs", tmp_path / "old.csv")
    (tmp_path / "new.csv").write_text("code\n7\n100\n7\n")
    capsys.readouterr()
    assert predict.main([str(tmp_path / "new.csv"), *place]) == 0
    done = capsys.readouterr()
    assert len(done.out.splitlines()) == 4
    assert done.err == (
        'predict.py: note: 2 of 3 rows have a value of "code" that no training example had, so '
        'the model knows nothing of it: "7" (in training "007")\n'
    )
