"""What a training costs by the size of its model alone."""

import keras
import pytest

from tuner.training.nominal_cost import nominal_cost, products

layers = keras.layers


def dense(width: int, depth: int = 2) -> keras.Model:
    return keras.Sequential(
        [keras.Input((64,)), *(layers.Dense(width) for _ in range(depth)), layers.Dense(10)]
    )


def test_each_weight_of_a_dense_network_is_used_once() -> None:
    assert products(dense(32)) == 64 * 32 + 32 * 32 + 32 * 10


def test_a_kernel_counts_at_each_place_of_an_image() -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(2, 3, padding="same"),
            layers.Flatten(),
        ]
    )
    assert products(model) == 8 * 8 * (3 * 3 * 1 * 4) + 4 * 4 * (3 * 3 * 4 * 2)


def test_a_recurrent_kernel_counts_at_each_step() -> None:
    model = keras.Sequential([keras.Input((20, 3)), layers.GRU(5)])
    kernels = 3 * 15 + 5 * 15 + 2 * 15  # Keras keeps two biases in one array of two rows.
    assert products(model) == 20 * kernels


def test_what_is_looked_up_is_not_multiplied() -> None:
    model = keras.Sequential([keras.Input((7,)), layers.Embedding(1000, 16), layers.Flatten()])
    assert products(model) == 0


def test_a_model_within_a_model_counts() -> None:
    inner = dense(32)
    inputs = keras.Input((64,))
    assert products(keras.Model(inputs, layers.Dense(1)(inner(inputs)))) == products(inner) + 10


class Subclassed(keras.Model):
    """Calls layers that Keras cannot see the outputs of."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(8)

    def call(self, x: object) -> object:
        return self.hidden(x)


def test_a_model_without_a_graph_has_a_cost_too() -> None:
    model = Subclassed()
    model.build((None, 4))
    model(keras.ops.ones((1, 4)))
    assert products(model) == 4 * 8


def cost(
    width: int = 32, depth: int = 2, examples: int = 1000, batch_size: int = 32, epochs: int = 10
) -> float:
    return nominal_cost(dense(width, depth), examples, batch_size, epochs)


@pytest.mark.parametrize(
    "dearer",
    [{"width": 512}, {"depth": 8}, {"batch_size": 16}, {"epochs": 100}, {"examples": 9000}],
)
def test_more_of_anything_costs_more(dearer: dict[str, int]) -> None:
    assert cost(**dearer) > cost()
