"""docs/examples/backbone.py: both phases are one trial, and what is saved predicts as it did."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from data import load_dataset
from tests.conftest import ROOT, run_program
from tuner.trials.record import read_record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

EXAMPLE = ROOT / "docs/examples/backbone.py"
# No download; and as somebody who has copied the example may change it.
ANOTHER = """
from backbone import Backbone

class Another(Backbone):
    weights = {weights!r}
"""
# Keras and TensorFlow alone, in another process.
LOSS = """
import sys
import keras, numpy as np

*paths, classes = sys.argv[1:]
images = np.stack([keras.utils.img_to_array(keras.utils.load_img(path)) for path in paths])
model = keras.saving.load_model("model.keras")
predicted = model.predict(images, verbose=0)
print(-np.log(predicted[np.arange(len(paths)), list(map(int, classes.split(",")))]).mean())
print(np.ptp(predicted[:, 0]))
"""
EPOCHS, HEAD_EPOCHS = 5, 1


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """A folder of 40 images, 32x32: a blue or a red square on a dark ground."""
    rng = np.random.default_rng(0)
    for channel, name in ((2, "blue"), (0, "red")):
        folder = tmp_path / "squares" / name
        folder.mkdir(parents=True)
        for i in range(20):
            image = rng.integers(0, 60, (32, 32, 3))
            image[8:24, 8:24, channel] = rng.integers(150, 255)
            keras.utils.save_img(folder / f"{i}.png", image, scale=False)
    return tmp_path / "squares"


def pixels(paths: np.ndarray) -> np.ndarray:
    return np.stack([keras.utils.img_to_array(keras.utils.load_img(path)) for path in paths])


def random_backbone(images: np.ndarray) -> keras.Model:
    """Return a backbone of random weights, with the statistics of images: else features vanish."""
    keras.utils.set_random_seed(0)
    backbone = keras.applications.MobileNetV2(
        input_shape=images.shape[1:], include_top=False, weights=None
    )
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    backbone(images / 127.5 - 1, training=True)
    return backbone


def program(name: str, *options: str) -> None:
    done = run_program(name, *options, seconds=300)
    assert done.returncode == 0, done.stderr


def test_two_phases_are_one_trial_and_the_model_ships(tmp_path: Path, squares: Path) -> None:
    data = load_dataset(str(squares), seed=0)
    pretrained = tmp_path / "pretrained.weights.h5"
    random_backbone(pixels(data.train.x)).save_weights(pretrained)
    shutil.copy(EXAMPLE, tmp_path)
    another = tmp_path / "another.py"
    another.write_text(ANOTHER.format(weights=str(pretrained)))
    place = ("--run", "a", "--runs-dir", str(tmp_path / "runs"))
    program(
        *("tune.py", "--model", f"{another}:Another", *place),
        *("--dataset", str(squares), "--inputs", "raw", "--max-trials", "2", "--pruner", "none"),
        *("--max-epochs", str(EPOCHS), "--executor", "serial"),
    )
    run = tmp_path / "runs/a"
    trials = read_record(run).history.trials
    assert len(trials) == 2
    for trial in trials.values():
        rates = [metrics["learning_rate"] for metrics in trial.curve]
        head, tuned = trial.values["head_rate"], trial.values["fine_tuning_rate"]
        expected = [head] * HEAD_EPOCHS + [tuned] * (EPOCHS - HEAD_EPOCHS)
        assert rates == pytest.approx(expected, rel=1e-3)
    header = (run / "trials.csv").read_text().splitlines()[0].split(",")
    assert {"dropout", "head_rate", "frozen_layers", "fine_tuning_rate"} <= set(header)

    program("train.py", *place)
    train = run / "train"
    words = [sys.executable, "-c", LOSS, *data.test.x, ",".join(map(str, data.test.y))]
    loaded = subprocess.run(words, cwd=train, capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    told = json.loads((train / "metrics.json").read_text())["test"]["loss"]
    loss, spread = map(float, loaded.stdout.split())
    assert loss == pytest.approx(told, rel=1e-3)
    assert spread > 0.01  # Else many models have this loss.


def test_who_ends_the_first_phase_ends_the_trial() -> None:
    spec = importlib.util.spec_from_file_location("backbone", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.Backbone.weights = None
    own, hp = example.Backbone((32, 32, 3), 2), keras_tuner.HyperParameters()
    model = own.build(hp)

    class Stops(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    x, y = np.zeros((4, 32, 32, 3), "float32"), np.array([0, 1, 0, 1])
    history = own.fit(hp, model, x, y, epochs=50, callbacks=[Stops()], verbose=0)
    assert history.epoch == [0]
    assert not model.get_layer("backbone").trainable
