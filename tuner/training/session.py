"""Each model is built as the first one of a process would be, without the price of a process."""

import random
from collections.abc import Callable

import keras
import numpy as np
from keras.src.backend.common import global_state

from tuner.training.twins import likeness


def build_afresh(build: Callable[[], keras.Model], seed: int) -> keras.Model:
    """Return the model that `build` makes in a fresh session.

    Seeding TensorFlow's own generators drops whatever TensorFlow has compiled, and a trial whose
    graph is at hand takes five times longer. Models made of Keras's parts draw nothing from them.
    One that may is built again after they have been seeded.
    """
    _forget_names()
    random.seed(seed)
    np.random.seed(seed)
    model = build()
    if likeness(model) is None:
        fresh_session(seed)
        model = build()
    return model


def fresh_session(seed: int) -> None:
    """Name layers as if there had been none before, and seed every generator.

    `keras.utils.clear_session` would also reset the mixed-precision policy, without a word.
    """
    _forget_names()
    keras.utils.set_random_seed(seed)


def _forget_names() -> None:
    # Only `clear_session` does this in public, and drops whatever TensorFlow has compiled.
    for name in ("object_name_uids", "global_seed_generator"):
        global_state.set_global_attribute(name, None)
