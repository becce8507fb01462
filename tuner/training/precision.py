"""In which precision a model computes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def precision(policy: str | None) -> Iterator[None]:
    """Let the layers that are made inside compute in this precision.

    Weights, losses and updates stay in 32 bits (Micikevicius et al., Mixed Precision Training, ICLR
    2018); with ``mixed_float16``, Keras scales the loss.

    Args:
        policy: As `keras.config.set_dtype_policy` takes it; None: as Keras is set up.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy or before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def built_in(
    policy: str | None, build: Callable[..., keras.Model], *args: Any, **kwargs: Any
) -> keras.Model:
    """Return what `build` makes of further arguments, in a precision."""
    with precision(policy):
        return build(*args, **kwargs)
