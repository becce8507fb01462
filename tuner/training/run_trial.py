"""One trial: values and a seed go in, a learning curve and a checkpoint come out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import keras
import tensorflow as tf
from keras_tuner import HyperParameters

from data import Dataset, with_preprocessing
from data.dataset import IN_MEMORY_BYTES
from tuner.storage.artifacts import Artifact, Artifacts, model_name, progress_name
from tuner.storage.code import Code
from tuner.storage.files import FULL
from tuner.training.callbacks import DivergedError
from tuner.training.fitting import Outcome, OwnFit, fit
from tuner.training.keras_internals import ease_saving
from tuner.training.nominal_cost import nominal_cost
from tuner.training.own_model import OwnModel
from tuner.training.session import build_afresh
from tuner.trials.ending import Cause, described, first_line
from tuner.trials.objective import Objective
from tuner.trials.seeds import integer_seed
from tuner.trials.trial import (
    Assignment,
    EpochReport,
    Late,
    Metrics,
    TrainingPath,
    TrialResult,
    Values,
)

# Of a model without a hyperparameter for it: Keras's own.
BATCH_SIZE = 32

# Of `HyperParameters`; in a cross-validation also of a keyword `dataset`, for that of a fold.
ModelBuilder = Callable[..., keras.Model]


@dataclass(frozen=True)
class TrainingPlan:
    """What all trials of a search have in common.

    Attributes:
        dataset: The data, split.
        build: Makes a compiled model from hyperparameters. A function that pickles: worker
            processes get it.
        objective: What makes an epoch, and a trial, the best.
        max_epochs: The most epochs of a trial.
        patience: Epochs without a lower validation loss before a trial stops.
        seed: The seed of the search.
        artifacts: Where the models of the best trials are kept, and running trials saved.
        resume_trials: An interrupted trial goes on from where it was last saved.
        path: How to train; None: the fastest way that the model and the data allow.
        folds: Into how many parts a cross-validation divides the examples; 0: there is none.
        repeats: How often it does.
        batch_size: Examples a step of a model without a hyperparameter for it; None: 32.
        code: The code that trials are meant to run with; empty where nobody asks.
    """

    dataset: Dataset
    build: ModelBuilder
    objective: Objective
    max_epochs: int
    patience: int
    seed: int
    artifacts: Artifacts
    resume_trials: bool = True
    path: TrainingPath | None = None
    folds: int = 0
    repeats: int = 1
    batch_size: int | None = None
    code: Code = field(default_factory=dict)

    def data(self, fold: int | None) -> Dataset:
        """Return the data of a fold, or of a trial without folds.

        Folds with their preprocessing are kept for the next trials while they fit in memory.
        """
        if fold is None:
            return self.dataset
        if fold not in self._kept:
            data = self.dataset.fold(fold, self.folds, repeats=self.repeats)
            if (len(self._kept) + 1) * data.preprocessed_bytes > IN_MEMORY_BYTES:
                self._kept.clear()
            self._kept[fold] = data
        return self._kept[fold]

    @cached_property
    def _kept(self) -> dict[int, Dataset]:
        return {}


def hyperparameters_of(values: Values) -> HyperParameters:
    """Return hyperparameters that have these values as soon as a model declares them."""
    hp = HyperParameters()
    hp.values = dict(values)
    return hp


def batch_size_of(hp: HyperParameters, otherwise: int | None) -> int:
    """Return how many examples a step has: a hyperparameter of the model, if it has that one."""
    return int(hp.get("batch_size")) if "batch_size" in hp else otherwise or BATCH_SIZE


def own_fit(build: ModelBuilder, hp: HyperParameters) -> OwnFit | None:
    """Return the `fit` of a model builder, for a model that it has built; None without one."""
    return partial(build.fit, hp) if isinstance(build, OwnModel) and build.fits else None


def run_trial(
    assignment: Assignment, plan: TrainingPlan, report: Callable[[EpochReport], bool]
) -> TrialResult:
    """Train one trial. Whatever goes wrong inside is its result, not an exception, but for a disk
    that is full: no other trial would fare better.

    The outcome depends on the trial's number, values and the search's seed only, not on what ran
    in this process before.

    Args:
        assignment: The trial.
        plan: What it has in common with the others.
        report: Gets each epoch; returns whether to go on.

    Raises:
        OSError: The disk is full.
    """
    began = time.perf_counter()

    def ended(cause: Cause, **details: Any) -> TrialResult:
        seconds = time.perf_counter() - began
        return assignment.ended(cause, seconds=seconds, **details)

    try:
        best = _train(assignment, plan, report)
    except DivergedError as error:
        return ended(Cause.DIVERGED, reason=str(error))
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        return ended(Cause.OUT_OF_MEMORY, reason=f"out of memory: {first_line(error)}")
    except (Exception, SystemExit) as error:  # A model of one's own may want to end all.
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        return ended(Cause.EXCEPTION, reason=described(error))
    if best.score is None:
        return ended(Cause.NO_SCORE, reason=f"{plan.objective.name} was never a finite number")
    return ended(Cause.FINISHED, score=best.score, best_epoch=best.epoch, path=best.path)


def _train(
    assignment: Assignment, plan: TrainingPlan, report: Callable[[EpochReport], bool]
) -> Outcome:
    number, fold, hp = assignment.number, assignment.fold, hyperparameters_of(assignment.values)
    dataset = plan.data(fold)
    # A fold may differ in what its preprocessing makes of a table: a category that it lacks.
    build = plan.build if fold is None else partial(plan.build, dataset=dataset)
    model = build_afresh(lambda: build(hp), integer_seed(plan.seed, number, "weights", fold))

    batch_size, told = batch_size_of(hp, plan.batch_size), dict(assignment.values)

    def report_epoch(epoch: int, metrics: Metrics, seconds: float) -> bool:
        late = _late(hp, told)
        told.update(hp.values)
        whole = (len(dataset.train), batch_size, plan.max_epochs)
        cost = nominal_cost(model, *whole) if epoch == 1 else None
        which = (number, assignment.attempt, epoch)
        return report(EpochReport(*which, metrics, seconds, fold, late, cost))

    saved = Artifact(plan.artifacts, progress_name(number, fold))
    best = fit(
        model,
        dataset,
        batch_size=batch_size,
        max_epochs=plan.max_epochs,
        patience=plan.patience,
        objective=plan.objective,
        report=report_epoch,
        shuffle_seed=integer_seed(plan.seed, number, "shuffle", fold),
        saved=saved if plan.resume_trials else None,
        path=plan.path,
        own_fit=own_fit(plan.build, hp),
    )
    if fold is not None or best.score is None:
        return best
    if not plan.objective.better(assignment.keep_score, best.score):  # A tie may win by its loss.
        ease_saving()
        plan.artifacts.put(model_name(number), with_preprocessing(model, plan.dataset).save)
    return best


def _late(hp: HyperParameters, told: Values) -> Late | None:
    """Return what a model has declared of which nothing has been told yet; None for nothing."""
    values = {name: value for name, value in hp.values.items() if name not in told}
    space = hp.get_config()["space"]
    declarations = [one for one in space if one["config"]["name"] in values]
    return Late(declarations, values) if values else None
