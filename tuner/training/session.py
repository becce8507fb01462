"""Each model is built as the first one of a process would be, without the price of a process."""

import random
from collections.abc import Callable

import keras
import numpy as np

from tuner.training.keras_internals import forget_names
from tuner.training.twins import likeness


def build_afresh(build: Callable[[], keras.Model], seed: int) -> keras.Model:
    """Return the model that `build` makes in a fresh session.

    Seeding TensorFlow's own generators drops whatever TensorFlow has compiled, and a trial whose
    graph is at hand takes five times longer. Models made of Keras's parts draw nothing from them.
    One that may is built again after they have been seeded.
    """
    forget_names()
    random.seed(seed)
    np.random.seed(seed)
    model = build()
    if likeness(model) is None:
        fresh_session(seed)
        model = build()
    return model


def fresh_session(seed: int) -> None:
    """Name layers as if there had been none before, and seed every generator."""
    forget_names()
    keras.utils.set_random_seed(seed)
