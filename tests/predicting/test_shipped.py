"""What a saved model says of raw examples is what it said in training."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings

from data import Dataset, load_dataset, with_preprocessing
from data.data_options import DataOptions
from data.errors import InputError
from data.form import Form
from data.sources import load_examples
from model import build_model
from tests.data.conftest import image_folder, write_csv  # noqa: F401
from tests.predicting.test_new_examples import tables
from tuner.predicting.new_examples import NewExamples, read_new
from tuner.predicting.shipped import load_shipped, outputs_of
from tuner.predicting.signature import Signature, signature_of


def shipped(
    model: keras.Model, dataset: Dataset, folder: Path, own: str | None = None
) -> tuple[keras.Model, Signature]:
    """Save a model as train.py does, and load it as predict.py does."""
    whole = with_preprocessing(model, dataset)
    whole.save(folder / "model.keras")
    signature = signature_of(whole, dataset, model=own)
    return load_shipped(folder, signature), signature


def built(dataset: Dataset) -> keras.Model:
    return build_model(keras_tuner.HyperParameters(), dataset)


def in_the_order_of_the_file(dataset: Dataset, name: str) -> Dataset:
    """Return a dataset whose test split is the whole file as it is."""
    everything = load_examples(name, DataOptions()).splits["train"]
    return dataclasses.replace(
        dataset, test=dataclasses.replace(everything, y=np.zeros(len(everything), np.int32))
    )


def said_in_training(model: keras.Model, dataset: Dataset) -> np.ndarray:
    return np.asarray(model.predict(dataset.preprocessed("test").x, verbose=0))


@given(columns=tables())
@settings(max_examples=5)
def test_of_training_rows_it_says_what_it_said_in_training(
    columns: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import csv

    folder = tmp_path_factory.mktemp("random")
    path = str(folder / "table.csv")
    target = ["y", *(f"{number % 2}" for number in range(len(columns[0]) - 1))]
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(zip(*columns, target, strict=True))
    try:
        dataset = load_dataset(path)
    except InputError:
        return  # No column that tells anything.
    trained = built(dataset)
    expected = said_in_training(trained, in_the_order_of_the_file(dataset, path))
    model, signature = shipped(trained, dataset, folder)
    outputs = outputs_of(model, signature, read_new([path], signature))
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-6)


def test_of_images_of_any_size_it_says_what_it_said_in_training(
    image_folder: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    dataset = load_dataset(str(image_folder))
    trained = built(dataset)
    expected = said_in_training(trained, in_the_order_of_the_file(dataset, str(image_folder)))
    model, signature = shipped(trained, dataset, tmp_path)
    new = read_new([str(image_folder)], signature)
    np.testing.assert_allclose(outputs_of(model, signature, new), expected, rtol=1e-5)


def test_many_examples_are_predicted_in_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = load_dataset("wine")
    trained = built(dataset)
    model, signature = shipped(trained, dataset, tmp_path)
    x = np.tile(dataset.test.x, (100, 1))
    said = outputs_of(model, signature, NewExamples({"x": x}))
    assert len(said) == len(x) > 2048
    assert capsys.readouterr().err == ""  # There is no terminal to show progress on.
    np.testing.assert_allclose(said, model.predict(x, verbose=0), rtol=1e-5)


def test_what_is_damaged_is_one_line(tmp_path: Path) -> None:
    dataset = load_dataset("wine")
    _, signature = shipped(built(dataset), dataset, tmp_path)
    other = dataclasses.replace(signature.inputs[0], name="y")
    with pytest.raises(InputError, match="do not belong together"):
        load_shipped(tmp_path, dataclasses.replace(signature, inputs=(other,)))
    os.truncate(tmp_path / "model.keras", 1000)
    with pytest.raises(InputError, match=r"model\.keras is damaged"):
        load_shipped(tmp_path, signature)


OWN = """
import keras

class Twice(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs

def build_model(hp, input_shape):
    return keras.Sequential([keras.Input(input_shape), Twice(), keras.layers.Dense(3, "softmax")])
"""


def test_a_layer_of_ones_own_is_found_where_its_code_is(tmp_path: Path) -> None:
    from tuner.training.own_model import OwnModel

    code, dataset = tmp_path / "twice.py", load_dataset("wine")
    code.write_text(OWN)
    trained = OwnModel(str(code), dataset)(keras_tuner.HyperParameters())
    model, signature = shipped(trained, dataset, tmp_path, str(code))
    said = outputs_of(model, signature, NewExamples({"x": np.asarray(dataset.test.x)}))
    np.testing.assert_allclose(said, said_in_training(trained, dataset), rtol=1e-5)
    gone = dataclasses.replace(signature, model=str(tmp_path / "gone.py"))
    with pytest.raises(InputError, match=r"cannot be loaded.*gone.py.*does not exist"):
        load_shipped(tmp_path, gone)


def test_raw_columns_and_several_outputs_go_by_name(
    tmp_path: Path,
    write_csv: Callable[..., str],  # noqa: F811
) -> None:
    dataset = load_dataset(
        write_csv("a,b,c,y,z", *(f"{i}.5,{i % 3},x,{i}.25,{i % 2}" for i in range(40))),
        target=("y", "z"),
    )
    dataset = dataclasses.replace(
        dataset, form=Form(raw=True, columns=("b", "a"), outputs=("z", "y"))
    )
    inputs = {name: keras.Input((1,), name=name) for name in ("b", "a")}
    x = keras.layers.Concatenate()(list(inputs.values()))
    heads = {
        "z": keras.layers.Dense(2, "softmax", name="z")(x),
        "y": keras.layers.Dense(1, name="y")(x),
    }
    trained = keras.Model(inputs, heads)
    model, signature = shipped(trained, dataset, tmp_path)
    path = tmp_path / "new.csv"
    path.write_text("a,b\n1.5,2\n")
    said = outputs_of(model, signature, read_new([str(path)], signature))
    expected = trained.predict({"a": np.array([[1.5]]), "b": np.array([[2.0]])}, verbose=0)
    for name in heads:
        np.testing.assert_allclose(said[name], expected[name], rtol=1e-6)
    assert [(one.name, one.task) for one in signature.outputs] == [
        ("z", "classification"),
        ("y", "regression"),
    ]
