"""The model for series."""

import keras
import keras_tuner
import numpy as np
import pytest

from data.errors import InputError
from model.search_space import search_space
from model.sequence import body


def built(shape: tuple[int, ...], **values: object) -> keras.Model:
    hp = keras_tuner.HyperParameters()
    for name, value in values.items():
        hp.Fixed(name, value)
    search_space(hp, "sequence", 200)
    inputs = keras.Input(shape)
    return keras.Model(inputs, body(hp, inputs))


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (100, 6)])
@pytest.mark.parametrize(("cell", "layer"), [("conv", "Conv1D"), ("gru", "GRU")])
@pytest.mark.parametrize("depth", [1, 5])
def test_it_has_depth_layers_of_width_for_series_of_any_length(
    shape: tuple[int, ...], cell: str, layer: str, depth: int
) -> None:
    model = built(shape, cell=cell, depth=depth, width=32, dropout=0.3)

    assert [type(one).__name__ for one in model.layers].count(layer) == depth
    assert model.layers[-1].rate == 0.3
    assert model(np.zeros((2, *shape))).shape == (2, 64 if cell == "conv" else 32)


@pytest.mark.parametrize(("shape", "other"), [((13,), "mlp"), ((8, 8, 1), "cnn")])
def test_it_is_refused_for_anything_else(shape: tuple[int, ...], other: str) -> None:
    with pytest.raises(InputError, match=rf"series \(n, steps, features\).*: use --model {other}"):
        built(shape)


def test_convolutions_are_the_default() -> None:
    hp = keras_tuner.HyperParameters()
    search_space(hp, "sequence", 200)
    assert hp.get("cell") == "conv"
