"""How long a training may be where nobody says: what it needs is weight updates, not epochs."""

import math
from dataclasses import replace

from tuner.command_line.options import SearchOptions

# A training of a few hundred rows needs thousands of weight updates, not 30 epochs: docs/tables.md.
STEPS = 4_000
# However few the examples are, they are not seen more often, and however many, not more seldom.
FEWEST_EPOCHS, MOST_EPOCHS = 30, 256
# A training that has not improved for this share of its epochs will hardly do so later.
PATIENCE_SHARE, LEAST_PATIENCE = 1 / 8, 5


def with_training_length(options: SearchOptions, steps_per_epoch: int) -> SearchOptions:
    """Return options that say how long a trial trains, and how long it waits for an improvement.

    What they say already stays.
    """
    needed = min(max(math.ceil(STEPS / steps_per_epoch), FEWEST_EPOCHS), MOST_EPOCHS)
    epochs = options.max_epochs or needed
    patience = options.patience or max(LEAST_PATIENCE, round(PATIENCE_SHARE * epochs))
    return replace(options, max_epochs=epochs, patience=patience)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return how many weight updates an epoch is."""
    return math.ceil(examples / batch_size)
