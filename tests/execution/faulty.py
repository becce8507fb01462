"""A model that breaks in every way a trial can, by the value of one hyperparameter."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import keras
import keras_tuner
import numpy as np

from data import Dataset, load_dataset
from tuner.oracles import STRATEGIES
from tuner.reporting.reporter import Reporter
from tuner.search.budget import Budget
from tuner.search.checkpoints import Checkpoints
from tuner.search.chronicle import Chronicle
from tuner.search.loop import Search
from tuner.search.view import View
from tuner.space.cube import SearchSpace
from tuner.storage.artifacts import ArtifactFolder
from tuner.storage.journal import Journal
from tuner.training.run_trial import TrainingPlan
from tuner.trials.history import History
from tuner.trials.objective import Objective

FAULTS = ("none", "raises", "diverges", "allocates", "hangs", "dies", "stops answering")


def build(hp: keras_tuner.HyperParameters, dataset: Dataset) -> keras.Model:
    """Build a small classifier, or break."""
    fault = hp.Choice("fault", FAULTS)
    hp.Int("batch_size", 16, 64, step=2, sampling="log", default=32)
    hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    rate = hp.get("learning_rate")
    if fault == "raises":
        raise RuntimeError("the layers do not fit\nwith a second line")
    if fault == "allocates":
        np.ones(2**50, "uint8")
    if fault == "hangs":
        time.sleep(3600)
    if fault == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "stops answering":
        os.kill(os.getpid(), signal.SIGSTOP)
    model = keras.Sequential(
        [
            keras.Input(dataset.input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(8, "relu"),
            keras.layers.Dense(dataset.num_classes, "softmax"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(
        keras.optimizers.SGD(np.inf if fault == "diverges" else rate), loss, metrics=["accuracy"]
    )
    return model


def space(faults: tuple[str, ...]) -> keras_tuner.HyperParameters:
    """Return the search space with some of the faults."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("fault", faults)
    hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    hp.Int("batch_size", 16, 64, step=2, sampling="log", default=32)
    return hp


def plan(folder: Path, faults: tuple[str, ...], max_epochs: int = 3) -> TrainingPlan:
    """Return a plan on a small real data set."""
    dataset = load_dataset("wine")
    return TrainingPlan(
        dataset=dataset,
        build=partial(build, dataset=dataset),
        objective=Objective("val_accuracy", "max"),
        max_epochs=max_epochs,
        patience=max_epochs,
        seed=0,
        artifacts=ArtifactFolder(folder / "checkpoints"),
    )


def search(
    folder: Path,
    faults: tuple[str, ...],
    budget: Budget,
    strategy: str = "grid",
    reporters: tuple[Reporter, ...] = (),
) -> Search:
    """Return a search over the faulty model with a journal in `folder`."""
    history = History(Objective("val_accuracy", "max"))
    searched = SearchSpace(space(faults).get_config()["space"])
    return Search(
        lambda late: STRATEGIES[strategy](searched, 0, budget.trials),
        Chronicle(Journal(folder / "journal.jsonl"), history, reporters),
        View(history, max_epochs=3, lag=None),
        budget,
        Checkpoints(ArtifactFolder(folder / "checkpoints"), history),
    )
