"""How weights are updated: Adam; rate constant or warmed up and decayed; clipping as an option."""

import math

import keras
import keras_tuner

WARMUP = 0.1  # of all steps


def adam(hp: keras_tuner.HyperParameters, examples: int, epochs: int) -> keras.optimizers.Adam:
    """Return the optimizer for a training of at most `epochs` epochs over `examples` examples."""
    learning_rate = hp.get("learning_rate")
    if hp.get("schedule") == "warmup_cosine":
        # A schedule counts steps, which are weight updates.
        steps = epochs * math.ceil(examples / hp.get("batch_size"))
        warmup = max(1, round(WARMUP * steps))
        learning_rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            warmup_target=learning_rate,
            warmup_steps=warmup,
            decay_steps=max(1, steps - warmup),
        )
    return keras.optimizers.Adam(learning_rate, global_clipnorm=hp.get("clip_norm") or None)
