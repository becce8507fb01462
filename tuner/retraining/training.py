"""The chosen values trained again, once a seed."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from rich.console import Console
from rich.progress import Progress

from tuner.reporting.tensorboard import EventFolder
from tuner.retraining.choice import Choice
from tuner.seeding import integer_seed
from tuner.training.callbacks import DivergedError
from tuner.training.fitting import fit
from tuner.training.session import fresh_session
from tuner.trial import Metrics


@dataclass(frozen=True)
class Training:
    """One training with its best weights, measured on the validation data."""

    seed: int
    weights: list[np.ndarray]
    score: float
    best_epoch: int
    epochs: int
    seconds: float
    val: Metrics


def retrain(choice: Choice) -> list[Training]:
    """Train the chosen values once a seed, logging every epoch to TensorBoard.

    Returns:
        The trainings that did not diverge.
    """
    options = choice.prepared.options
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("epochs", total=choice.seeds * options.max_epochs)
        trainings = []
        for index in range(choice.seeds):
            try:
                trainings.append(_train_once(choice, index, lambda: progress.advance(bar)))
            except DivergedError as error:
                print(f"Seed {index} {error}", file=sys.stderr)
            progress.update(bar, completed=(index + 1) * options.max_epochs)
    return trainings


def _train_once(choice: Choice, index: int, advance: Callable[[], None]) -> Training:
    prepared, options = choice.prepared, choice.prepared.options
    began = time.perf_counter()
    seed = integer_seed(options.seed, index, "retrain")
    fresh_session(seed)
    model = build(choice)
    events = EventFolder(choice.folder / "tensorboard" / f"seed-{index}")
    epochs = 0

    def report(epoch: int, metrics: Metrics, seconds: float) -> bool:
        nonlocal epochs
        epochs = epoch
        events.scalars(metrics, epoch)
        advance()
        return True

    best = fit(
        model,
        prepared.dataset,
        batch_size=int(choice.values["batch_size"]),
        max_epochs=options.max_epochs,
        patience=options.patience,
        objective=prepared.objective,
        report=report,
        shuffle_seed=seed,
    )
    events.close()
    val = evaluate(choice, model, "validation")
    seconds = time.perf_counter() - began
    score = float("nan") if best.score is None else best.score
    return Training(seed, model.get_weights(), score, best.epoch, epochs, seconds, val)


def build(choice: Choice) -> keras.Model:
    """Return a new compiled model with the chosen values."""
    hp = choice.prepared.space.copy()
    hp.values = dict(choice.values)
    return choice.prepared.build(hp)


def evaluate(choice: Choice, model: keras.Model, split: str) -> Metrics:
    """Return the loss and metrics of a model on "validation" or "test"."""
    batches = choice.prepared.dataset.stream(split, 256)
    measured = model.evaluate(batches, verbose=0, return_dict=True)
    return {name: float(value) for name, value in measured.items()}
