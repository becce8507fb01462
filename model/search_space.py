"""The hyperparameters: ranges, scales and published defaults, and what each is for.

A new hyperparameter is one line in `search_space`; the model reads it with `hp.get("name")`.
"""

from typing import Any

import keras_tuner

# What the search makes of each one (Tuning Playbook, 2023): the effect of a scientific
# hyperparameter is the question, a nuisance has to be tuned to answer it fairly, and a fixed one
# stays at its default. Those that are not named here are scientific.
ROLES = {
    "learning_rate": "nuisance",
    "batch_size": "nuisance",
    "dropout": "nuisance",
    "schedule": "nuisance",
    "augmentation": "nuisance",
    "flip": "nuisance",
}


# Trials 1, 2, … of a search: other defaults, each as what differs from those of trial 0. They suit
# what trial 0 does not: noise, and much structure. Chosen in docs/tables.md.
STARTS: dict[str, tuple[dict[str, Any], ...]] = {
    "tabular": (
        {"depth": 5, "width": 256, "dropout": 0.0},
        {"schedule": "warmup_cosine", "dropout": 0.5},
    ),
    "mlp": (
        {"width": 256, "dropout": 0.3, "learning_rate": 3e-3, "schedule": "warmup_cosine"},
        {"depth": 3, "width": 256, "dropout": 0.5},
    ),
    "cnn": (
        {"depth": 4, "width": 64},
        {"learning_rate": 3e-3, "schedule": "warmup_cosine", "augmentation": "light"},
    ),
}


def search_space(
    hp: keras_tuner.HyperParameters, model: str, examples: int, features: int = 1
) -> None:
    """Declare the hyperparameters of a model.

    Args:
        hp: Where they are declared; those that it has already stay as they are.
        model: The name of the model.
        examples: How many examples train and validation have together, which every fold of a
            cross-validation has, too.
        features: How many numbers an example has.
    """
    if model == "tabular":
        _tabular(hp, examples)
    else:
        _general(hp, model, examples, features)
    # What becomes of the learning rate in the course of training.
    hp.Choice("schedule", ["constant", "warmup_cosine"], default="constant")
    if model == "cnn":
        # How far training images are rotated, zoomed and changed in contrast, at random.
        hp.Choice("augmentation", ["none", "light", "strong"], default="none")
        # Whether they are mirrored, too: right for photographs, wrong for letters and digits.
        hp.Boolean("flip", default=False)
    if model == "sequence":
        # What looks along the steps: convolutions, or recurrent cells, which take far longer.
        hp.Choice("cell", ["conv", "gru"], default="conv")
    if model == "text":
        # How a text is read: its words in any order, or one after another by a GRU.
        hp.Choice("encoder", ["pooled", "recurrent"], default="pooled")
    # The global norm that gradients are clipped to; 0: they are not. Not searched: give it a value
    # with --fix where training is unstable.
    hp.Fixed("clip_norm", 0.0)


def _general(hp: keras_tuner.HyperParameters, model: str, examples: int, features: int) -> None:
    # On small data, or few features, wider layers and larger batches only take longer.
    widest = max(256, _power_of_two(min(examples // 2, 64 * features)))
    widest = 256 if model in ("cnn", "sequence") else min(widest, 4096)
    largest = min(max(32, _power_of_two(examples // 2)), 512)

    # How far a step goes: too far, and training diverges; not far enough, and it takes forever.
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log", default=1e-3)
    # Examples for each step: 16, 32, 64, …
    hp.Int("batch_size", 16, largest, step=2, sampling="log", default=32)
    # Hidden layers (mlp), convolutions (cnn, sequence) or recurrent layers (sequence). Many more
    # need another architecture to learn.
    hp.Int("depth", 1, 8, default=2)
    # Neurons of each hidden or recurrent layer, or filters of each convolution: 32, 64, 128, …
    hp.Int("width", 32, widest, step=2, sampling="log", default=128)
    # The share of neurons that is left out at random in each step.
    hp.Float("dropout", 0.1, 0.5, default=0.1)


def _tabular(hp: keras_tuner.HyperParameters, examples: int) -> None:
    """Declare the same for tables, with ranges around what suits most of them."""
    # About eight steps an epoch, where there are few examples.
    batch = min(max(_power_of_two(examples // 10), 16), 256)

    hp.Float("learning_rate", 3e-4, 3e-2, sampling="log", default=3e-3)
    hp.Int("batch_size", max(batch // 4, 16), 2 * batch, step=2, sampling="log", default=batch)
    hp.Int("depth", 1, 5, default=3)
    hp.Int("width", 32, 256, step=2, sampling="log", default=128)
    hp.Float("dropout", 0.0, 0.5, default=0.1)


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is at most `number`."""
    return 1 << max(number.bit_length() - 1, 0)
