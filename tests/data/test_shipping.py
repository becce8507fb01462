"""The model to ship, in a process that does not know this repository."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from data import Dataset, load_dataset, with_preprocessing

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
    np.save(path.with_suffix(".npy"), model.predict(inputs, verbose=0))
assert "data" not in sys.modules
"""


def untrained(dataset: Dataset) -> keras.Model:
    """Return a small model with random weights."""
    inputs = keras.Input(dataset.input_shape)
    features = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, "softmax")(features), name="small")


def test_saved_models_take_raw_inputs_in_a_new_process(
    people_csv: str, image_folder: Path, tmp_path: Path
) -> None:
    for odd_size in image_folder.glob("*/0.png"):
        odd_size.unlink()
    models = tmp_path / "models"
    models.mkdir()
    expected = {}
    for name in ("digits", "breast_cancer", people_csv, str(image_folder)):
        dataset = load_dataset(name)
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

    assert len(expected) == 4
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


def test_grey_images_go_in_without_their_channel() -> None:
    dataset = load_dataset("digits")
    shipped = with_preprocessing(untrained(dataset), dataset)
    x = dataset.test.x
    assert isinstance(x, np.ndarray)

    np.testing.assert_array_equal(np.asarray(shipped(x[..., 0])), np.asarray(shipped(x)))
