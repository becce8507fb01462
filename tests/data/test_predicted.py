import keras
import numpy as np
import pytest

from data.predicted import gives_logits, predicted_classes


@pytest.mark.parametrize(
    ("outputs", "logits", "classes"),
    [
        ([0.1, 0.6, 0.5, 0.9], False, [0, 1, 0, 1]),
        ([[0.1], [0.6], [0.9]], False, [0, 1, 1]),
        ([[-2.0], [0.3], [0.0]], True, [0, 1, 0]),
        ([0.3, 0.7], True, [1, 1]),
        ([[0.2, 0.8], [0.9, 0.1]], False, [1, 0]),
        ([[-3.0, -1.0, -2.0], [4.0, 1.0, 2.0]], True, [1, 0]),
    ],
)
def test_one_column_or_many_probabilities_or_logits(
    outputs: list[object], logits: bool, classes: list[int]
) -> None:
    assert predicted_classes(np.array(outputs), logits).tolist() == classes


@pytest.mark.parametrize(
    ("loss", "logits"),
    [
        ("binary_crossentropy", False),
        (keras.losses.BinaryCrossentropy(), False),
        (keras.losses.BinaryCrossentropy(from_logits=True), True),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), True),
        (keras.losses.CategoricalCrossentropy(from_logits=True), True),
    ],
)
def test_the_loss_tells_logits(loss: object, logits: bool) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", loss)
    assert gives_logits(model) is logits
