"""Augmentation: images as they could also look. Validation and prediction see none of it."""

import keras
import keras_tuner

# The largest rotation (as a share of a full turn), zoom and change of contrast.
STRENGTHS = {"none": 0.0, "light": 0.05, "strong": 0.15}

# Pixels are standardized before: contrast leaves them where they fall.
ANY_VALUE = (-100.0, 100.0)


def augment(hp: keras_tuner.HyperParameters, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return images `(n, height, width, channels)`, in training each one changed at random."""
    if hp.get("flip"):
        images = keras.layers.RandomFlip("horizontal")(images)
    strength = STRENGTHS[hp.get("augmentation")]
    if strength:
        images = keras.layers.RandomRotation(strength, fill_mode="nearest")(images)
        images = keras.layers.RandomZoom(strength, fill_mode="nearest")(images)
        images = keras.layers.RandomContrast(strength, value_range=ANY_VALUE)(images)
    return images
