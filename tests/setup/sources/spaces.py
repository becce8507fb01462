"""The search that the sources of these tests are read for."""

import keras_tuner

from tuner.space.cube import SearchSpace
from tuner.trials.objective import Objective


def declared() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    hp.Choice("width", [32, 64, 128], ordered=True)
    hp.Choice("schedule", ["constant", "cosine"])
    hp.Boolean("bias")
    hp.Float("dropout", 0.0, 0.5)
    return hp


SPACE = SearchSpace(declared().get_config()["space"])
OBJECTIVE = Objective("val_accuracy", "max")
