"""What numbers of a model become in the CSV, and where that is written."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from tuner.predicting.answer import answer, check_output, without_answer, write_answer
from tuner.predicting.signature import Input, Output, Signature

ANIMALS = ("cat", "dog", "cow, brown")


def signature(*outputs: Output) -> Signature:
    return Signature("array", (Input("x", "float32", (3,)),), outputs)


def classes(name: str = "", names: tuple[str, ...] = ANIMALS, logits: bool = False) -> Output:
    return Output(name, "animal", "classification", names, logits)


def labels(logits: bool = False) -> Output:
    return Output("", "", "multi-label", ("a", "b"), logits)


def numbers(name: str = "") -> Output:
    return Output(name, "price", "regression", (), False)


def test_the_most_probable_class_is_named_beside_all_probabilities() -> None:
    table = answer(np.float32([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6]]), signature(classes()))
    assert list(table) == [
        *("prediction", "probability_cat", "probability_dog", "probability_cow, brown"),
    ]
    assert table["prediction"].tolist() == ["dog", "cow, brown"]
    assert table["probability_dog"].tolist() == [np.float32(0.7), np.float32(0.3)]


@pytest.mark.parametrize("shape", [(2, 1), (2,)])
def test_one_column_is_about_the_second_of_two_classes(shape: tuple[int, ...]) -> None:
    values = np.array([0.25, 0.75]).reshape(shape)
    table = answer(values, signature(classes(names=("no", "yes"))))
    assert table["prediction"].tolist() == ["no", "yes"]
    assert table["probability_no"].tolist() == [0.75, 0.25]
    assert table["probability_yes"].tolist() == [0.25, 0.75]


def test_what_is_no_number_is_empty_and_told() -> None:
    said = {"a": np.array([[0.2], [np.nan], [0.9]]), "b": np.array([1.5, 2.5, np.nan])}
    table = answer(said, signature(classes("a", ("no", "yes")), numbers("b")))
    assert table["prediction_a"].dropna().to_dict() == {0: "no", 2: "yes"}
    assert table.to_csv(index=False).splitlines()[2] == ",,,2.5"
    sentence = without_answer(table)
    assert sentence is not None
    assert sentence.startswith("for 2 of 3 examples the model gives no number (NaN)")
    assert sentence.endswith("Row 2, 3")
    assert without_answer(table.iloc[:1]) is None


def test_logits_become_probabilities() -> None:
    logits = np.log([[0.2, 0.7, 0.1]]) + 800
    table = answer(logits, signature(classes(logits=True)))
    assert table.iloc[0, 1:].tolist() == pytest.approx([0.2, 0.7, 0.1])
    one = answer(np.array([[np.log(3)], [-1e6]]), signature(classes("", ("no", "yes"), True)))
    assert one["probability_yes"].tolist() == pytest.approx([0.75, 0])
    assert one["prediction"].tolist() == ["yes", "no"]


def test_labels_are_those_that_are_likelier_than_not() -> None:
    values = np.array([[0.6, 0.7], [0.4, 0.7], [0.1, 0.2]])
    table = answer(values, signature(labels()))
    assert table["prediction"].tolist() == ["a;b", "b", ""]
    assert table["probability_a"].tolist() == [0.6, 0.4, 0.1]
    logits = answer(np.log(values / (1 - values)), signature(labels(logits=True)))
    assert logits["prediction"].tolist() == ["a;b", "b", ""]
    assert logits["probability_b"].tolist() == pytest.approx([0.7, 0.7, 0.2])


def test_numbers_stand_for_themselves() -> None:
    assert answer(np.array([[1.5], [2.5]]), signature(numbers())).to_dict("list") == {
        "prediction": [1.5, 2.5]
    }
    several = answer(np.array([[1.0, 2.0]]), signature(numbers()))
    assert several.to_dict("list") == {"prediction_0": [1.0], "prediction_1": [2.0]}


@pytest.mark.parametrize("form", [dict, list])
def test_several_outputs_have_their_names(form: type) -> None:
    values = {"price": np.array([[3.0]]), "animal": np.array([[0.2, 0.7, 0.1]])}
    outputs = signature(numbers("price"), classes("animal"))
    table = answer(values if form is dict else list(values.values()), outputs)
    assert list(table)[:3] == ["prediction_price", "prediction_animal", "probability_animal_cat"]
    assert table["prediction_animal"].tolist() == ["dog"]


def test_images_have_a_column_of_their_names() -> None:
    table = answer(np.array([[1.0]]), signature(numbers()), ("a/1.png",))
    assert table.to_dict("list") == {"file": ["a/1.png"], "prediction": [1.0]}


def test_an_output_of_unknown_meaning_is_refused() -> None:
    with pytest.raises(InputError, match="each of 3 classes from the model, received 10 numbers"):
        answer(np.zeros((2, 5, 2)), signature(classes()))


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    table, path = pd.DataFrame({"prediction": ['"quoted", é']}), tmp_path / "out.csv"
    path.write_text("old")
    write_answer(table, path)
    assert path.read_bytes() == 'prediction\n"""quoted"", é"\n'.encode()
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    write_answer(pd.DataFrame({"prediction": [1]}), link)
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text() == "prediction\n1\n"


def test_a_device_stays_a_device(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_answer(pd.DataFrame({"prediction": [1]}), pipe)
    assert os.read(reader, 100) == b"prediction\n1\n"
    assert pipe.is_fifo()
    os.close(reader)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (".", "is a folder"),
        ("nowhere/out.csv", "the folder .*nowhere does not exist"),
        ("new.csv", "would replace the new examples"),
    ],
)
def test_a_place_that_does_not_suit_is_refused(
    output: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("new.csv").write_text("a,b\n")
    with pytest.raises(InputError, match=expected):
        check_output(Path(output), [Path("./new.csv")])
