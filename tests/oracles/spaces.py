"""Search spaces and tuners that the tests of this folder share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner

from tuner.oracles import ORACLES, Oracle


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


def objective() -> keras_tuner.Objective:
    """An objective without a hint in its name."""
    return keras_tuner.Objective("score", "min")


def make(
    strategy: str, space: keras_tuner.HyperParameters | None = None, **keywords: Any
) -> Oracle:
    """Make an oracle with what every test wants."""
    keywords = {"objective": objective(), "seed": 0, **keywords}
    return ORACLES[strategy](hyperparameters=space, **keywords)


def run(
    oracle: Oracle,
    score: Callable[[dict[str, Any]], float],
    trials: int,
    start: int = 0,
) -> list[dict[str, Any]]:
    """Run trials one after another as our search loop does; return their values."""
    found = []
    for number in range(start, trials):
        values = oracle.propose(number)
        if values is None:
            break
        found.append(values)
        oracle.conclude(number, "completed", score(values))
    return found


class FunctionTuner(keras_tuner.Tuner):
    """A stock tuner whose trial is a function of the hyperparameters."""

    def __init__(self, oracle: Oracle, function: Callable[[Any], Any], directory: Path) -> None:
        self.function = function
        super().__init__(oracle=oracle, directory=str(directory), project_name="project")

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the function does."""
        return self.function(trial.hyperparameters)
