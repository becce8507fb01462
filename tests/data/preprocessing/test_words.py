"""Texts as words."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.preprocessing import words as module
from data.preprocessing.words import learn_words, tf_idf, word_indices

TEXTS = np.array(["A cat, a dog.", "the cat", "", "The fish"], object)


def column(*texts: str) -> np.ndarray:
    return np.array(texts, object)[:, None]


def test_words_that_occur_once_are_not_learned() -> None:
    words, length = learn_words(TEXTS)

    assert set(words) == {"a", "cat", "the"}
    assert length == 3


def test_the_most_frequent_words_come_first_and_others_are_left_out() -> None:
    texts = np.array(["z z z y y x x", "y z"], object)

    assert learn_words(texts)[0] == ["z", "y", "x"]
    assert learn_words(texts, most=2)[0] == ["z", "y"]


def test_long_texts_are_cut() -> None:
    few = np.array(["a b"] * 99 + ["a " * 1000], object)
    long = np.array(["a " * 1000] * 10, object)

    assert learn_words(few)[1] == 2
    assert learn_words(long)[1] == module.MOST_READ


def test_many_texts_are_counted_in_all_batches() -> None:
    texts = np.array(["first"] + ["any"] * 3 * module.BATCH + ["first"], object)

    assert learn_words(texts)[0] == ["any", "first"]


def test_a_word_is_its_index_and_an_unknown_one_is_1() -> None:
    indices = word_indices(column("The CAT!", "", "new cat dog the"), ["the", "cat"], 3)

    np.testing.assert_array_equal(indices, [[2, 3, 0], [0, 0, 0], [1, 3, 1]])


def test_tf_idf_weighs_rare_words_more() -> None:
    training = np.array(["the cat", "the dog", "the fish"], object)
    found = np.asarray(tf_idf(column("the cat", "cat cat", ""), ["the", "cat"], training))

    assert 0 < found[0, 1] < found[0, 2]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 0], atol=1e-6)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_texts_have_words(texts: list[str]) -> None:
    words, length = learn_words(np.array(texts, object))
    indices = np.asarray(word_indices(column(*texts), words, length))

    assert indices.shape == (len(texts), length)
    assert indices.max() <= len(words) + 1
