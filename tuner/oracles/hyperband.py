"""The suggestions of Hyperband, which are random: its art is to end trials early."""

from tuner.oracles.random import Random


class Hyperband(Random):
    """Draws points at random, for trials that are compared in brackets while they train.

    The comparing is a pruner, `tuner.pruners.successive_halving.hyperband`. A stock
    `keras_tuner.Tuner` has no place for one: there all trials train to their end.

    Source: Li et al., Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization
    (JMLR 2018).
    """
