"""Examples a second are measured whatever the memory of the device allows."""

from typing import Any

import keras
import numpy as np
import pytest

from data.dataset import Split
from tuner.measuring import throughput
from tuner.measuring.throughput import Throughput, proposed_batch_size, throughputs
from tuner.training.epoch import NotCompilableError


def model() -> keras.Model:
    built = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, "softmax")])
    built.compile("sgd", "sparse_categorical_crossentropy")
    return built


@pytest.mark.parametrize("fits", [True, False])
def test_data_that_do_not_fit_on_the_device_are_measured_step_by_step(
    fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(data: Any) -> Any:
        raise NotCompilableError("the data do not fit in the memory of the device")

    steps: list[int] = []
    usual = keras.Model.train_on_batch

    def train_on_batch(self: keras.Model, x: np.ndarray, y: np.ndarray) -> Any:
        steps.append(len(x))
        return usual(self, x, y)

    monkeypatch.setattr(throughput, "SECONDS", 0.01)
    monkeypatch.setattr(keras.Model, "train_on_batch", train_on_batch)
    if not fits:
        monkeypatch.setattr(throughput, "on_device", full)
    sample = Split(np.ones((32, 8), np.float32), np.zeros(32, np.int64))
    measured = throughputs(model(), sample, [16, 32])
    assert [one.batch_size for one in measured] == [16, 32]
    assert all((one.examples_per_second or 0) > 0 for one in measured)
    assert set(steps) == (set() if fits else {16, 32})


def test_the_smallest_of_the_fast_is_proposed() -> None:
    speeds = {16: 100.0, 32: 180.0, 64: 190.0, 128: None}
    assert proposed_batch_size([Throughput(*one) for one in speeds.items()]) == 32
