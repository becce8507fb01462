"""Search spaces, strategies and tuners that the tests of this folder share."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner

from tuner.oracles import ORACLES, STRATEGIES
from tuner.oracles.keras_tuner_oracle import StrategyOracle
from tuner.oracles.strategy import Strategy
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause, Status
from tuner.trials.known import Known
from tuner.trials.objective import Direction, Objective
from tuner.trials.trial import Trial


def mixed_space() -> keras_tuner.HyperParameters:
    """Every kind, in conditional and name scopes, with something fixed."""
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log")
    hp.Int("width", 16, 512, sampling="log")
    hp.Boolean("bias")
    hp.Fixed("epochs", 7)
    hp.Choice("kind", ["mlp", "cnn", "linear"])
    with hp.conditional_scope("kind", ["mlp", "cnn"]), hp.name_scope("net"):
        hp.Int("depth", 1, 4)
    with hp.conditional_scope("kind", ["cnn"]):
        hp.Choice("kernel", [3, 5, 7])
        hp.Float("dropout", 0.0, 0.5, step=0.1)
    with hp.conditional_scope("kind", ["mlp"]):
        hp.Float("dropout", 0.2, 0.8)
    return hp


def finite_space() -> keras_tuner.HyperParameters:
    """36 points in branches of different sizes: 4 * 3 + 2 * (3 + 9)."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("branch", ["a", "b"])
    hp.Int("n", 1, 3)
    with hp.conditional_scope("branch", ["a"]):
        hp.Choice("x", [1, 2, 4, 8])
    with hp.conditional_scope("branch", ["b"]):
        hp.Boolean("flag")
        with hp.conditional_scope("flag", [True]):
            hp.Float("y", 0.1, 0.3, step=0.1)
        hp.Fixed("z", "b only")
        hp.Choice("w", ["p", "q"])
    return hp


FINITE_SIZE = 3 * 4 + 3 * 2 * (1 + 3)


def with_defaults() -> keras_tuner.HyperParameters:
    """Four ranges with a default of 0.6 each."""
    hp = keras_tuner.HyperParameters()
    for name in "abcd":
        hp.Float(name, 0.0, 1.0, default=0.6)
    return hp


def objective() -> keras_tuner.Objective:
    """An objective without a hint in its name."""
    return keras_tuner.Objective("score", "min")


def search_space(hp: keras_tuner.HyperParameters) -> SearchSpace:
    """Return a space as our own strategies see it."""
    return SearchSpace(hp.get_config()["space"])


def make(
    strategy: str, space: keras_tuner.HyperParameters | None = None, **keywords: Any
) -> StrategyOracle:
    """Make an oracle for a stock tuner with what every test wants."""
    keywords = {"objective": objective(), "seed": 0, **keywords}
    return ORACLES[strategy](hyperparameters=space, **keywords)


class Asked:
    """A strategy, and what has become of its trials, as our search loop keeps it."""

    def __init__(self, strategy: Strategy, direction: Direction = "min") -> None:
        self.strategy = strategy
        self.objective = Objective("score", direction)
        self.trials: dict[int, Trial] = {}

    @property
    def known(self) -> Known:
        """What is known now."""
        trials = [self.trials[number] for number in sorted(self.trials)]
        ended = [trial for trial in trials if trial.status is not Status.RUNNING]
        running = [trial for trial in trials if trial.status is Status.RUNNING]
        return Known(self.objective, ended, running)

    @property
    def best(self) -> Trial:
        """The best trial, of which there must be one."""
        best = self.known.best
        assert best is not None
        return best

    def propose(self, number: int) -> dict[str, Any] | None:
        """Return the values of a trial, which runs from now on."""
        values = self.strategy.suggest(number, self.known)
        if values is not None:
            self.trials[number] = Trial(number, values)
        return values

    def conclude(
        self, number: int, cause: Cause, score: float | None = None, expected: float | None = None
    ) -> None:
        """Let a running trial end; without a finite score it fails, as in our search loop."""
        trial = self.trials[number]
        assert trial.status is Status.RUNNING
        fails = score is None or not math.isfinite(score)
        trial.cause, trial.expected = (Cause.NO_SCORE if fails else cause), expected
        trial.score = None if fails else score

    def replay(self, number: int, values: dict[str, Any], score: float | None = None) -> None:
        """Take in a trial of an earlier run, which has ended if it has a score."""
        self.trials[number] = Trial(number, values)
        if score is not None:
            self.conclude(number, Cause.FINISHED, score)


def ask(
    strategy: str,
    space: keras_tuner.HyperParameters,
    direction: Direction = "min",
    **keywords: Any,
) -> Asked:
    """Make a strategy with what every test wants."""
    keywords = {"seed": 0, **keywords}
    return Asked(STRATEGIES[strategy](search_space(space), **keywords), direction)


def run(
    asked: Asked,
    score: Callable[[dict[str, Any]], float],
    trials: int,
    start: int = 0,
) -> list[dict[str, Any]]:
    """Run trials one after another as our search loop does; return their values."""
    found = []
    for number in range(start, trials):
        values = asked.propose(number)
        if values is None:
            break
        found.append(values)
        asked.conclude(number, Cause.FINISHED, score(values))
    return found


def drive(
    oracle: StrategyOracle, score: Callable[[dict[str, Any]], float], trials: int
) -> list[dict[str, Any]]:
    """Run trials one after another as a stock tuner does; return their values."""
    found = []
    for _ in range(trials):
        trial = oracle.create_trial("w")
        found.append(dict(trial.hyperparameters.values))
        oracle.update_trial(trial.trial_id, {oracle.objective.name: score(found[-1])})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return found


class FunctionTuner(keras_tuner.Tuner):
    """A stock tuner whose trial is a function of the hyperparameters."""

    def __init__(
        self, oracle: StrategyOracle, function: Callable[[Any], Any], directory: Path
    ) -> None:
        self.function = function
        super().__init__(oracle=oracle, directory=str(directory), project_name="project")

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the function does."""
        return self.function(trial.hyperparameters)
