"""What a training costs by the size of its model: the same on every machine and at every load.

What a search tries next may follow from it. From measured seconds it may not, or the same seed
would no longer give the same search.
"""

import math

import keras

# Seconds of one CPU core, fitted to the epochs of 169 trials on digits: dense networks of 2,400 to
# 1.9 million weights, steps of 16 to 512 examples. They meet half of them within 17 %, and nine of
# ten within 48 %.
TRAINING, EPOCH, STEP = 0.5, 4e-3, 1e-4
STEP_PER_WEIGHT, EXAMPLE_PER_PRODUCT = 1.7e-9, 1.1e-10


def nominal_cost(model: keras.Model, examples: int, batch_size: int, epochs: int) -> float:
    """Return the seconds of a training, as far as size alone tells them.

    A step costs something by itself, and moves all weights; an example costs by its products.

    Args:
        model: Built.
        examples: Those that an epoch trains on.
        batch_size: Examples of a step.
        epochs: The most that it trains for.
    """
    weights = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    steps = math.ceil(examples / batch_size)
    epoch = EPOCH + steps * (STEP + STEP_PER_WEIGHT * weights)
    return TRAINING + epochs * (epoch + EXAMPLE_PER_PRODUCT * examples * products(model))


def products(model: keras.Model) -> int:
    """Return how many multiplications one example takes, of kernels with what they are applied to.

    A kernel is applied at each place of an image or a sequence. What has one axis takes none that
    count, nor does an embedding, which is looked up.
    """
    return sum(
        products(layer) if isinstance(layer, keras.Model) else _places(layer) * _kernels(layer)
        for layer in model.layers
    )


def _kernels(layer: keras.Layer) -> int:
    if isinstance(layer, keras.layers.Embedding):
        return 0
    return sum(math.prod(w.shape) for w in layer.trainable_weights if len(w.shape) > 1)


def _places(layer: keras.Layer) -> int:
    """Return at how many places a layer is applied; 1 where nothing tells."""
    recurrent = isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)
    try:
        shape = (layer.input if recurrent else layer.output).shape
    except (AttributeError, ValueError):  # Of a layer that a subclass calls, or of several outputs.
        return 1
    return math.prod(axis or 1 for axis in shape[1:-1])
