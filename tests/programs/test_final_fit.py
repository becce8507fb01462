"""The model that is trained on validation data, too, has learned as long as in the search."""

import json
from pathlib import Path

import pytest

import train

# Its `fit` tells how good the model is by a number, and so nothing of its epochs.
BY_NUMBER = """
import keras, keras_tuner

class Model(keras_tuner.HyperModel):
    def build(self, hp):
        model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    def fit(self, hp, model, x, y, validation_data, epochs, callbacks, verbose, **others):
        history = model.fit(x, y, epochs=epochs, verbose=0)
        print("was given", epochs, "epochs")
        return history.history["loss"][-1]
"""


def test_a_fit_that_tells_of_no_epochs_has_as_many_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "by_number.py"
    file.write_text(BY_NUMBER)
    given = ("--dataset", "breast_cancer", "--model", f"{file}:Model", "--max-epochs", "4")
    runs = ("--runs-dir", str(tmp_path / "runs"))
    assert train.main(["--default", *given, "--final-fit", *runs]) == 0
    output = capsys.readouterr().out
    assert output.count("was given 4 epochs") == 2
    assert "Final fit: 484 training and validation examples, 4 epochs" in output
    (metrics,) = (tmp_path / "runs").glob("*/train/metrics.json")
    assert json.loads(metrics.read_text())["final_fit"] == {"examples": 484, "epochs": 4}
