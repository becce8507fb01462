"""The hyperparameters: ranges, scales and published defaults, and what each is for.

A new hyperparameter is one line in `search_space`; the model reads it with `hp.get("name")`.
"""

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


def search_space(hp: keras_tuner.HyperParameters, model: str, examples: int) -> None:
    """Declare the hyperparameters of a model.

    Args:
        hp: Where they are declared; those that it has already stay as they are.
        model: The name of the model.
        examples: How many examples train and validation have together, which every fold of a
            cross-validation has, too.
    """
    # On small data, wider layers and larger batches only take longer.
    enough = _power_of_two(examples // 2)
    widest = min(max(256, enough), 256 if model in ("cnn", "sequence") else 4096)
    largest = min(max(32, enough), 512)

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


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is at most `number`."""
    return 1 << max(number.bit_length() - 1, 0)
