"""Optuna's samplers as a strategy."""

import importlib
import pickle
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from threadpoolctl import threadpool_limits

from data.errors import InputError
from tuner.oracles.strategy import Strategy, Tried
from tuner.space.cube import SearchSpace, Values
from tuner.space.hyperparameters import Hyperparameter, Levels
from tuner.trials.ending import Status
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.seeds import integer_seed
from tuner.trials.trial import Trial

# So often a sampler may answer with a point that was tried, before a random one takes its place.
_ANSWERS = 10

# By the names of --sampler, made from the seed of the search and that of the trial.
_SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {
    "tpe": lambda _, seed: TPESampler(seed=seed),
    "gp": lambda _, seed: GPSampler(seed=seed, warn_independent_sampling=False),
    "cmaes": lambda _, seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    "nsgaii": lambda _, seed: NSGAIISampler(seed=seed),
    "qmc": lambda sequence, seed: QMCSampler(
        scramble=True,
        seed=sequence,
        independent_sampler=RandomSampler(seed=seed),
        warn_independent_sampling=False,
    ),
}
# Those that write into the study what they have asked for: a generation, a place in a sequence.
_REMEMBERING = ("cmaes", "nsgaii", "qmc")


class Optuna(Strategy):
    """Asks a sampler of Optuna, told of all trials before: those that run, were pruned or failed.

    A sampler keeps some of its state in itself and some in its study. So for each trial there is a
    new sampler with a seed of the trial's own, and a study in which the trials that it may know are
    asked for again in their order, with the values that they had: a resumed search gets the same
    answers. A trial outside of the space, as one of another stage may be, is not told.

    Args:
        sampler: "tpe", "gp" (needs PyTorch), "cmaes", "nsgaii" or "qmc".
        arguments: As for `Strategy`.

    Raises:
        InputError: There is no such sampler, or PyTorch is not installed.

    Source: Akiba et al., Optuna: A Next-generation Hyperparameter Optimization Framework (2019).
    """

    def __init__(self, *arguments: Any, sampler: str = "tpe", **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        if sampler not in _SAMPLERS:
            raise InputError(
                f"Expected a sampler out of {', '.join(_SAMPLERS)}. Received: sampler={sampler!r}"
            )
        if sampler == "gp":
            _prepare_torch()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.sampler = sampler
        self._labels = _labels(self.space)
        self._told: tuple[list[Any], InMemoryStorage] = [], InMemoryStorage()

    def next_point(self, number: int, known: Known, tried: Tried) -> Values | None:
        # The matrices are too small for threads: a pool would only spin, beside the training.
        with threadpool_limits(1):
            study = self._study(number, known)
            for _ in range(_ANSWERS):
                values = self._values(study.ask())
                if not tried(values):
                    return values
        return self.random_point(number, tried)

    def _study(self, number: int, known: Known) -> optuna.Study:
        """Return a study of the trials that a suggestion may know, with the sampler for it."""
        ended = [trial for trial in known.ended if self.space.contains(trial.values)]
        news = [(trial.number, trial.cause, trial.score, trial.values) for trial in ended]
        told, storage = self._told
        if news[: len(told)] != told:  # One before them has ended since.
            told, storage = [], InMemoryStorage()
        study = _opened(storage, known.objective)
        for trial in ended[len(told) :]:
            self._tell(study, trial, known.objective)
        self._told = news, storage
        study = _opened(pickle.loads(pickle.dumps(storage)), known.objective)
        for trial in known.running:
            if self.space.contains(trial.values):
                self._ask_again(study, trial)
        study.sampler = self._sampler_for(number)
        return study

    def _sampler_for(self, number: int) -> BaseSampler:
        sequence, own = (integer_seed(self.seed, n, "suggest") for n in (0, number))
        with warnings.catch_warnings(category=ExperimentalWarning, action="ignore"):
            return _SAMPLERS[self.sampler](sequence, own)

    def _tell(self, study: optuna.Study, trial: Trial, objective: Objective) -> None:
        """Add a trial that has ended."""
        asked = self._ask_again(study, trial)
        if trial.status is Status.FAILED or trial.score is None:
            study.tell(asked, state=TrialState.FAIL)
        elif trial.status is Status.COMPLETED:
            study.tell(asked, trial.score)
        else:
            for step, value in (objective.values(trial.curve) or {1: trial.score}).items():
                asked.report(value, step)
            study.tell(asked, state=TrialState.PRUNED)

    def _ask_again(self, study: optuna.Study, trial: Trial) -> optuna.Trial:
        """Add a trial that runs."""
        active = self.space.complete(trial.values)
        params = {self._labels[h]: _param(h, value) for h, value in active if h in self._labels}
        study.sampler = self._sampler_for(trial.number)
        study.enqueue_trial(params)
        asked = study.ask()
        if self.sampler in _REMEMBERING:
            # Optuna samples only when it has to, and then takes its notes.
            asked.relative_params  # noqa: B018
        self._values(asked)
        return asked

    def _values(self, asked: optuna.Trial) -> Values:
        """Return what a trial of Optuna has for the hyperparameters that are active in it."""
        values: Values = {}
        for h in self.space.hyperparameters:
            if h.active(values):
                label = self._labels.get(h)
                values[h.name] = h.at(0) if label is None else _asked_for(asked, label, h)
        return values


def _prepare_torch() -> None:
    """Let PyTorch use one thread.

    Raises:
        InputError: It is not installed.
    """
    try:
        importlib.import_module("torch").set_num_threads(1)
    except ImportError as error:
        raise InputError(
            f"Optuna's sampler gp needs PyTorch ({error}): pip install torch, or choose another"
        ) from None


def _opened(storage: InMemoryStorage, objective: Objective) -> optuna.Study:
    return optuna.create_study(
        storage=storage,
        study_name="search",
        load_if_exists=True,
        direction="minimize" if objective.direction == "min" else "maximize",
    )


def _labels(space: SearchSpace) -> dict[Hyperparameter, str]:
    """Return what Optuna calls the hyperparameters that vary, each by a name of its own."""
    named = Counter(h.name for h in space.free)
    return {
        h: h.name if named[h.name] == 1 else f"{h.name} ({i})" for i, h in enumerate(space.free)
    }


def _asked_for(asked: optuna.Trial, label: str, h: Hyperparameter) -> Any:
    """Return the value that a trial of Optuna has for a hyperparameter.

    Where Optuna's own ranges lack something (a logarithmic one with a step, the order of choices,
    a reverse_log one), it is told of indices, or of the coordinate.
    """
    if _plain(h):
        suggest = asked.suggest_int if h.whole else asked.suggest_float
        return suggest(label, h.low, h.high, log=h.sampling == "log")
    if not isinstance(h, Levels):
        return h.value(asked.suggest_float(label, 0.0, 1.0))
    if h.ordered:
        return h.at(asked.suggest_int(label, 0, h.count - 1))
    return h.at(asked.suggest_categorical(label, range(h.count)))


def _param(h: Hyperparameter, value: Any) -> float | int:
    """Return what Optuna is told of a value in its range; the inverse of `_asked_for`."""
    if _plain(h):
        return int(value) if h.whole else float(value)
    return (
        min(int(h.unit(value) * h.count), h.count - 1) if isinstance(h, Levels) else h.unit(value)
    )


def _plain(h: Hyperparameter) -> bool:
    """Tell whether Optuna has the same kind of range: no step, linear or logarithmic."""
    return h.numeric and h.step is None and h.sampling != "reverse_log"
