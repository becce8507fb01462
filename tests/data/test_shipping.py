"""The model to ship, in a process that does not know this repository."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from PIL import Image

from data import Dataset, Split, load_dataset, with_preprocessing
from data.shipping import averaged_with_preprocessing, inner_model

# Loads every model of the folder, predicts for the raw inputs beside it, and writes the answers.
ELSEWHERE = """
import pathlib, sys
import keras
import numpy as np

for path in pathlib.Path(sys.argv[1]).glob("*.keras"):
    model = keras.saving.load_model(path)
    with np.load(path.with_suffix(".npz")) as file:
        inputs = {name: x.astype(object) if x.dtype.kind == "U" else x for name, x in file.items()}
    if len(model.inputs) == 1:
        (inputs,) = inputs.values()
    np.save(path.with_suffix(".npy"), model.predict_on_batch(inputs))
assert "data" not in sys.modules
"""


def untrained(dataset: Dataset) -> keras.Model:
    """Return a small model with random weights."""
    inputs = keras.Input(dataset.input_shape)
    features = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, "softmax")(features), name="small")


def test_saved_models_take_raw_inputs_in_a_new_process(
    people_csv: str, image_folder: Path, orders: Dataset, tmp_path: Path
) -> None:
    for odd_size in image_folder.glob("*/0.png"):
        odd_size.unlink()
    models = tmp_path / "models"
    models.mkdir()
    expected = {}
    loaded = map(load_dataset, ("digits", "breast_cancer", people_csv, str(image_folder)))
    for dataset in (orders, *loaded):
        model = untrained(dataset)
        expected[dataset.name] = model.predict(dataset.preprocessed("test").x, verbose=0)

        with_preprocessing(model, dataset).save(models / f"{dataset.name}.keras")
        x = dataset.test.x
        if dataset.image_shape is not None:
            x = np.stack([np.array(Image.open(path)) for path in x])
        columns = x if isinstance(x, dict) else {"x": x}
        texts_without_pickle = {
            key: x.astype(str) if x.dtype == object else x for key, x in columns.items()
        }
        np.savez(models / f"{dataset.name}.npz", **texts_without_pickle)

    subprocess.run([sys.executable, "-c", ELSEWHERE, str(models)], check=True, cwd=tmp_path)

    assert len(expected) == 5
    for dataset_name, probabilities in expected.items():
        answers = np.load(models / f"{dataset_name}.npy")
        np.testing.assert_allclose(answers, probabilities, atol=1e-5, err_msg=dataset_name)


def test_inputs_of_a_table_go_by_name_and_others_are_ignored(people_csv: str) -> None:
    dataset = load_dataset(people_csv)
    shipped = with_preprocessing(untrained(dataset), dataset)
    x = dataset.test.x
    assert isinstance(x, dict)
    expected = shipped.predict(x, verbose=0)
    reordered = {"another": np.zeros(len(dataset.test)), **dict(reversed(x.items()))}

    assert [tensor.name for tensor in shipped.inputs] == list(dataset.feature_names)
    np.testing.assert_array_equal(shipped.predict(reordered, verbose=0), expected)


def test_a_frame_goes_in_as_it_is_and_loses_nothing(orders: Dataset) -> None:
    model = untrained(orders)
    shipped = with_preprocessing(model, orders)
    expected = model.predict(orders.preprocessed("test").x, verbose=0)
    frame = pd.DataFrame(orders.test.x)
    batches = tf.data.Dataset.from_tensor_slices(dict(frame)).batch(32)

    assert [(one.name, one.dtype) for one in shipped.inputs] == [
        (name, "float64" if name in ("numbers", "trained") else "string") for name in frame
    ]
    for answers in (
        shipped(dict(frame)),
        shipped(orders.test.x),
        shipped.predict_on_batch(orders.test.x),
        shipped.predict(batches, verbose=0),
    ):
        np.testing.assert_allclose(np.asarray(answers), expected, atol=1e-6)


def test_predict_takes_numbers_in_32_bits(orders: Dataset) -> None:
    """Keras rounds arrays before the model sees them: only what 32 bits lose is lost."""
    small = dataclasses.replace(orders, columns=orders.columns[1:])
    for dataset, lost in ((orders, True), (small, False)):
        model = untrained(dataset)
        shipped = with_preprocessing(model, dataset)
        expected = model.predict(dataset.preprocessed("test").x, verbose=0)
        answers = shipped.predict(orders.test.x, verbose=0)
        assert np.allclose(answers, expected, atol=1e-5) is not lost


def test_predict_takes_a_frame_of_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(many=range(40))
    split = Split({name: frame[name].to_numpy() for name in frame}, np.arange(40) % 2)
    dataset = dataclasses.replace(load_dataset("wine"), train=split, test=split)
    model = untrained(dataset)
    shipped = with_preprocessing(model, dataset)

    expected = model.predict(dataset.preprocessed("test").x, verbose=0)
    np.testing.assert_allclose(shipped.predict(dict(frame), verbose=0), expected, atol=1e-5)


def test_grey_images_go_in_without_their_channel() -> None:
    dataset = load_dataset("digits")
    shipped = with_preprocessing(untrained(dataset), dataset)
    x = dataset.test.x
    assert isinstance(x, np.ndarray)

    np.testing.assert_array_equal(np.asarray(shipped(x[..., 0])), np.asarray(shipped(x)))


def test_members_are_averaged_whether_they_share_their_preprocessing_or_not(
    orders: Dataset, tmp_path: Path
) -> None:
    names = ("average", "inner", "member_0", "ensemble", "trained", "texts")  # As layers have.
    parts = {
        split: dataclasses.replace(
            orders[split], x=dict(zip(names, dict(orders[split].x).values(), strict=True))
        )
        for split in ("train", "validation", "test")
    }
    columns = tuple(
        dataclasses.replace(column, name=name)
        for column, name in zip(orders.columns, names, strict=True)
    )
    data = dataclasses.replace(orders, **parts, columns=columns, feature_names=names)
    for members in ([data] * 3, [data.fold(k, 3) for k in range(3)]):
        models = [untrained(member) for member in members]
        pairs = list(zip(models, members, strict=True))
        said = [model.predict(member.preprocessed("test").x, verbose=0) for model, member in pairs]
        inner = [inner_model(*pair, f"member_{k}") for k, pair in enumerate(pairs)]
        shipped = averaged_with_preprocessing(inner, data)
        shipped.save(tmp_path / "model.keras")
        for one in (shipped, keras.saving.load_model(tmp_path / "model.keras")):
            answer = one.predict_on_batch(data.test.x)
            np.testing.assert_allclose(answer, np.mean(said, axis=0), atol=1e-6)
