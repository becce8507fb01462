"""The model for texts."""

import dataclasses
import re

import keras
import keras_tuner
import numpy as np
import pytest

from data import Dataset, Split, load_dataset
from data.columns import Column
from data.errors import InputError
from model import build_model, default_model
from model.text import encode

ENCODERS = ["pooled", "recurrent"]


def choosing(encoder: str) -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Choice("encoder", [encoder])
    return hp


@pytest.fixture(scope="module")
def reviews() -> Dataset:
    """Texts whose class is the sign of what is said more often, good or bad."""
    rng = np.random.default_rng(0)
    good = np.arange(400, dtype=np.int32) % 2
    noise = [f"word{i}" for i in range(50)]
    texts = [
        " ".join(rng.permutation([*rng.choice(noise, rng.integers(3, 12)), ["bad", "good"][label]]))
        for label in good
    ]
    split = Split({"text": np.array(texts, object)}, good)
    return Dataset(
        name="reviews",
        task="classification",
        train=split.take(np.arange(300)),
        validation=split.take(np.arange(300, 400)),
        test=split.take(np.arange(300, 400)),
        feature_names=("text",),
        class_names=("bad", "good"),
        seed=0,
        columns=(Column("text", "text"),),
    )


def test_it_is_the_default_where_there_is_nothing_but_text(
    reviews: Dataset, orders: Dataset
) -> None:
    assert default_model(reviews) == "text"
    assert default_model(orders) == "tabular"


def test_data_without_text_are_refused() -> None:
    with pytest.raises(InputError, match=re.escape("name its column with --text, or use another")):
        build_model(keras_tuner.HyperParameters(), load_dataset("wine"), "text")


@pytest.mark.parametrize("encoder", ENCODERS)
def test_what_comes_after_the_end_of_a_text_does_not_count(encoder: str) -> None:
    short, long = keras.Input((3,), dtype="int32"), keras.Input((6,), dtype="int32")
    keras.utils.set_random_seed(0)
    one = keras.Model(short, encode(choosing(encoder), short, 10))
    keras.utils.set_random_seed(0)
    other = keras.Model(long, encode(choosing(encoder), long, 10))

    np.testing.assert_allclose(
        np.asarray(one(np.array([[5, 2, 0], [0, 0, 0]]))),
        np.asarray(other(np.array([[5, 2, 0, 0, 0, 0], [0] * 6]))),
        atol=1e-6,
    )


@pytest.mark.parametrize("encoder", ENCODERS)
def test_only_one_that_reads_in_order_tells_orders_apart(encoder: str) -> None:
    words = keras.Input((3,), dtype="int32")
    model = keras.Model(words, encode(choosing(encoder), words, 10))
    one, other = np.asarray(model(np.array([[2, 3, 4], [4, 3, 2]])))

    assert np.allclose(one, other, atol=1e-6) is (encoder == "pooled")


def test_it_learns_what_texts_say(reviews: Dataset) -> None:
    keras.utils.set_random_seed(0)
    model = build_model(keras_tuner.HyperParameters(), reviews)
    train, validation = reviews.preprocessed("train"), reviews.preprocessed("validation")
    model.fit(*train.arrays, epochs=10, verbose=0)

    assert model.name == "text"
    assert model.evaluate(*validation.arrays, verbose=0, return_dict=True)["accuracy"] > 0.9


def test_texts_are_streamed_as_they_are_in_memory(reviews: Dataset) -> None:
    streamed = dataclasses.replace(reviews).stream("validation", 32)

    x = np.concatenate([x for x, _ in streamed])
    np.testing.assert_array_equal(x, reviews.preprocessed("validation").x)
