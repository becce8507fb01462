"""What models make of categories and words."""

import keras
import keras_tuner
import numpy as np
import pytest

from data import Dataset, load_dataset, with_preprocessing
from data.preprocessing.layout import Layout, Part
from model import build_model
from model.inputs import CATEGORY_WIDTH, features
from tuner.training.in_memory import fit_in_memory
from tuner.trials.trial import TrainingPath

LAYOUT = Layout((Part("numbers", 0, 2), Part("category", 2, 1, 60), Part("words", 3, 4, 30)))


def reader(layout: Layout, width: int) -> keras.Model:
    inputs = keras.Input((width,))
    return keras.Model(inputs, features(keras_tuner.HyperParameters(), inputs, layout))


def test_plain_inputs_stay_as_they_are() -> None:
    inputs = keras.Input((8, 8, 1))

    assert features(keras_tuner.HyperParameters(), inputs, Layout()) is inputs
    assert load_dataset("digits").layout.plain


def test_numbers_come_first_and_indices_are_embedded() -> None:
    model = reader(LAYOUT, 7)
    rows = np.float32([[0.5, -1, 59, 29, 2, 0, 0], [0.5, -1, 0, 0, 0, 0, 0]])
    read = np.asarray(model(rows))

    np.testing.assert_array_equal(read[:, :2], rows[:, :2])
    embeddings = {x.input_dim: x for x in model.layers if isinstance(x, keras.layers.Embedding)}
    categories = np.asarray(embeddings[60].embeddings)
    assert categories.shape == (60, CATEGORY_WIDTH)
    np.testing.assert_array_equal(read[:, 2 : 2 + CATEGORY_WIDTH], categories[[59, 0]])
    assert (read[1, 2 + CATEGORY_WIDTH :] == 0).all()  # No words say nothing.


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_large_indices_are_told_apart(precision: str) -> None:
    keras.config.set_dtype_policy(precision)
    try:
        model = reader(Layout((Part("category", 0, 1, 100_001),)), 1)
    finally:
        keras.config.set_dtype_policy("float32")

    assert len(np.unique(np.asarray(model(np.float32([[99_999], [100_000]]))), axis=0)) == 2


@pytest.mark.parametrize(("model", "encoder"), [("mlp", None), ("text", "recurrent")])
def test_they_train_in_compiled_epochs_and_ship(
    orders: Dataset, model: str, encoder: str | None
) -> None:
    hp = keras_tuner.HyperParameters()
    if encoder:
        hp.Fixed("encoder", encoder)
    splits = [orders.preprocessed(name).arrays for name in ("train", "validation")]
    keras.utils.set_random_seed(0)
    # The second finds the twin of the first.
    losses = []
    for built in (build_model(hp, orders, model), build_model(hp, orders, model)):
        history = keras.callbacks.History()
        path = fit_in_memory(
            built,
            *splits,
            batch_size=16,
            validation_batch_size=64,
            epochs=6,
            shuffle_seed=0,
            callbacks=[history],
        )
        assert path is TrainingPath.COMPILED
        losses.append(history.history["loss"])
        assert losses[-1][-1] < losses[-1][0]
        shipped = with_preprocessing(built, orders)
        expected = built.predict(orders.preprocessed("test").x, verbose=0)
        np.testing.assert_allclose(np.asarray(shipped(orders.test.x)), expected, atol=1e-5)


def test_folds_may_differ_in_their_vocabularies(orders: Dataset) -> None:
    folds = [orders.fold(k, 3) for k in range(3)]
    spaces = []
    for fold in folds:
        hp = keras_tuner.HyperParameters()
        model = build_model(hp, fold)
        spaces.append(hp.get_config()["space"])
        assert model.predict(fold.preprocessed("validation").x, verbose=0).shape == (60, 2)

    assert len({fold.layout for fold in folds}) > 1
    assert spaces[0] == spaces[1] == spaces[2]
