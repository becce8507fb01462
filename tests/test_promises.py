"""What the README promises of the two commands, on the embedded digits."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.conftest import run_program
from tests.test_train import predict_in_a_new_process


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_search_and_a_training_without_any_option(tmp_path: Path) -> None:
    place = ("--runs-dir", str(tmp_path / "runs"))
    tuned = run_program("tune.py", *place, seconds=1200)
    assert tuned.returncode == 0, tuned.stderr
    run = tmp_path / "runs" / "latest"
    assert json.loads((run / "best.json").read_text())["score"] >= 0.97
    trained = run_program("train.py", *place, seconds=200)
    assert trained.returncode == 0, trained.stderr
    assert json.loads((run / "train" / "metrics.json").read_text())["test"]["accuracy"] >= 0.95
    # Most of these images the model has been trained on; what counts is that they go in raw.
    raw = load_digits()
    predictions = predict_in_a_new_process(run / "train" / "model.keras", raw.images, tmp_path)
    assert np.mean(predictions.argmax(1) == raw.target) >= 0.95
