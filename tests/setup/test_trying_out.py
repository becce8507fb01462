import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from data import load_dataset
from data.errors import InputError
from data.form import Form
from tuner.setup import declared_space as module
from tuner.setup.trying_out import TriedOut, pretending_to_fit, tried_out
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


def tried(model: keras.Model) -> TriedOut:
    return tried_out(
        lambda hp, dataset=None: model, keras_tuner.HyperParameters(), load_dataset("wine")
    )


def dense(columns: int, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input((columns,)), keras.layers.Dense(outputs, "softmax")])


def test_a_class_without_an_output_is_refused() -> None:
    model = dense(13, 2)
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(InputError, match="2 outputs and wine 3 classes"):
        tried(model)


def test_another_shape_is_named_with_the_one_that_is_expected() -> None:
    model = dense(12, 3)
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(InputError, match=r"\(13,\).*expected.*12"):
        tried(model)


def test_a_model_that_no_file_can_hold_is_told_so_before_it_trains() -> None:
    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self, layers: list[keras.Layer]) -> None:
            super().__init__()
            self.parts = layers

        def call(self, x: Any) -> Any:
            for part in self.parts:
                x = part(x)
            return x

    def build(hp: keras_tuner.HyperParameters) -> keras.Model:
        model = Net([keras.layers.Flatten(), keras.layers.Dense(10)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    expected = r"the model cannot be saved: Object Net .* `get_config\(\)`\.$"
    with pytest.raises(InputError, match=expected):
        tried_out(build, keras_tuner.HyperParameters(), load_dataset("digits"))


def test_a_layer_whose_configuration_fails_is_told_so() -> None:
    class Scaled(keras.layers.Layer):  # type: ignore[misc]
        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    def build(hp: keras_tuner.HyperParameters) -> keras.Model:
        model = keras.Sequential([keras.Input((8, 8, 1)), Scaled(), keras.layers.Flatten()])
        model.compile("adam", "mse")
        return model

    with pytest.raises(InputError, match=r"cannot be saved: AttributeError: .*units.*test_trying"):
        tried_out(build, keras_tuner.HyperParameters(), load_dataset("digits"))


def test_a_model_that_is_not_compiled_is_told_so() -> None:
    with pytest.raises(InputError, match="not compiled"):
        tried(dense(13, 3))


def test_targets_are_rows_where_the_loss_takes_them() -> None:
    for loss, rows in (
        ("categorical_crossentropy", True),
        ("sparse_categorical_crossentropy", False),
    ):
        model = dense(13, 3)
        model.compile("adam", loss, metrics=["accuracy"])
        found = tried(model)
        assert found.dataset.form.one_hot is rows
        assert set(found.logged) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert 0.3 < found.chance["val_accuracy"] < 0.6
