import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from data import load_dataset
from data.form import Form
from tuner.setup import declared_space as module
from tuner.setup.trying_out import pretending_to_fit
from tuner.training.own_model import OwnModel

OWN_FIT = """
import keras
import keras_tuner

built = []

class Own(keras_tuner.HyperModel):
    def build(self, hp):
        built.append(hp.Int("units", 1, 2))
        layers = [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]
        return keras.Sequential(layers)

    def fit(self, hp, model, x, y, **kwargs):
        hp.Int("phases", 1, 2)
        return model.fit(x, y, **kwargs)
"""


def test_images_are_at_hand_where_a_large_model_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a graph of its own, in which no file can be read: else each would be built twice."""
    monkeypatch.setattr(module, "LONG", 0.0)
    for name in ("a", "b"):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        for i in range(10):
            keras.utils.save_img(folder / f"{i}.png", np.full((8, 8, 3), 20 * i), scale=False)
    (tmp_path / "fits_images.py").write_text(OWN_FIT)
    dataset = replace(load_dataset(str(tmp_path / "images")), form=Form(raw=True))
    own = OwnModel(f"{tmp_path / 'fits_images.py'}:Own", dataset)
    declared = module.declared_space(pretending_to_fit(own))
    assert [one["config"]["name"] for one in declared.declarations] == ["units", "phases"]
    assert len(sys.modules["fits_images"].built) == declared.builds > 1
